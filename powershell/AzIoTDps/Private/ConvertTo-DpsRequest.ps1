# What PowerShell adds to every cmdlet, and ours that are accepted and mean nothing here.
$NotInRequest = @([Management.Automation.Cmdlet]::CommonParameters) + @([Management.Automation.Cmdlet]::OptionalCommonParameters) + 'DefaultProfile'

function ConvertTo-DpsMemberName([string] $Name) {
    if ($Name -eq 'ETag') { return 'etag' }
    $Name.Substring(0, 1).ToLowerInvariant() + $Name.Substring(1)
}

# A bound value as ConvertTo-Json should see it: switches and secrets plain, at every depth of a hashtable or an array.
function ConvertTo-DpsValue([object] $Value) {
    if ($Value -is [switch]) { return [bool] $Value }
    if ($Value -is [securestring]) { return [Net.NetworkCredential]::new('', $Value).Password }
    if ($Value -is [Collections.IDictionary]) {
        $members = [Collections.Specialized.OrderedDictionary]::new()
        # Not .Keys: in a hashtable with a member of that name, that is the member.
        foreach ($entry in $Value.GetEnumerator()) { $members[[string] $entry.Key] = ConvertTo-DpsValue $entry.Value }
        return $members
    }
    if ($Value -is [Collections.IList]) {
        $items = [Collections.Generic.List[object]]::new()
        foreach ($item in $Value) { $items.Add((ConvertTo-DpsValue $item)) }
        return , $items.ToArray()
    }
    $Value
}

# Bound parameters as the request's members: camelCase names, values as bound.
function ConvertTo-DpsRequest([Collections.IDictionary] $Bound) {
    $request = [ordered]@{}
    foreach ($entry in $Bound.GetEnumerator()) {
        if ($entry.Key -in $NotInRequest) { continue }
        $request[(ConvertTo-DpsMemberName $entry.Key)] = ConvertTo-DpsValue $entry.Value
    }
    $request['shape'] = 'powershell'
    $request
}
