# The parameters that say which service is meant, per parameter set.
$TargetParameters = @{
    ResourceSet         = 'ResourceGroupName', 'DpsName'
    ResourceIdSet       = , 'ResourceId'
    ConnectionStringSet = , 'ConnectionString'
    HostNameSet         = , 'HostName'
}

# Takes those parameters out of the bound ones and returns them as the request's target: nothing where the set names no service.
function Get-DpsTarget([string] $ParameterSetName, [Collections.IDictionary] $Bound) {
    $target = [ordered]@{}
    if ($ParameterSetName -eq 'InputObjectSet') {
        $service = $Bound['DpsObject']
        $Bound.Remove('DpsObject')
        $target['resourceId'] = $service.Id
        if ($null -ne $service.Properties -and $service.Properties.ServiceOperationsHostName) {
            $target['hostName'] = $service.Properties.ServiceOperationsHostName
        }
        return $target
    }
    if (-not $TargetParameters.ContainsKey($ParameterSetName)) { return $null }
    foreach ($name in $TargetParameters[$ParameterSetName]) {
        $target[(ConvertTo-DpsMemberName $name)] = $Bound[$name]
        $Bound.Remove($name)
    }
    $target
}

# The service's name as a person is asked about it. Never a connection string: only the host in it.
function Get-DpsTargetName([Collections.IDictionary] $Target) {
    if ($null -eq $Target) { return "the session's provisioning service" }
    $name = ''
    if ($Target.Contains('dpsName')) { $name = $Target['dpsName'] }
    elseif ($Target.Contains('resourceId')) { $name = ([string] $Target['resourceId']).TrimEnd('/').Split('/')[-1] }
    elseif ($Target.Contains('hostName')) { $name = $Target['hostName'] }
    elseif ([string] $Target['connectionString'] -match '(?:^|;)\s*HostName=([^;]+)') { $name = $Matches[1] }
    "provisioning service '$name'"
}
