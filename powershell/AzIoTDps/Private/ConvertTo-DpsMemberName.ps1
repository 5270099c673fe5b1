# A request's members and an error's parameter have the parameters' names in camelCase.
function ConvertTo-DpsMemberName([string] $Name) {
    if ($Name -eq 'ETag') { return 'etag' }
    $Name.Substring(0, 1).ToLowerInvariant() + $Name.Substring(1)
}

function ConvertTo-DpsParameterName([string] $Name) {
    if (-not $Name) { return $Name }
    $known = $NativeNames['members'][$Name]
    if ($known) { return $known.Substring(1) }
    $Name.Substring(0, 1).ToUpperInvariant() + $Name.Substring(1)
}
