# How each kind of record comes through the pipeline: the parameter that takes it, its member with the id, and the parameter for an id alone.
$RecordKinds = @{
    'enrollment'       = @{ Parameter = 'Enrollment'; Member = 'RegistrationId'; Id = 'RegistrationId' }
    'enrollment group' = @{ Parameter = 'EnrollmentGroup'; Member = 'EnrollmentGroupId'; Id = 'Name' }
    'registration'     = @{ Parameter = 'Registration'; Member = 'RegistrationId'; Id = 'RegistrationId' }
}

# What every cmdlet on a service's records does with one input: the request from its bound parameters, the question, the operation.
# A cmdlet is its parameters and one call of this.
function Invoke-DpsCmdlet {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [Management.Automation.PSCmdlet] $Caller,
        [Parameter(Mandatory)] [AllowEmptyCollection()] [Collections.IDictionary] $Bound,
        [Parameter(Mandatory)] [string] $Operation,
        [Parameter(Mandatory)] [type] $OutputType,
        # What ShouldProcess says is done; a cmdlet that changes nothing gives none.
        [string] $Action,
        # What is worked on.
        [string] $Noun = 'enrollment'
    )
    $members = [hashtable] $Bound
    $force = [bool] $members['Force']
    $all = [bool] $members['All']
    $kind = $RecordKinds[$Noun]
    # What an earlier input of the pipeline bound stays in $PSBoundParameters; where this one is of another set, it is not meant.
    $sets = @{ DpsObject = 'InputObjectSet'; ResourceId = 'ResourceIdSet' }
    $sets[$kind.Parameter] = $kind.Parameter + 'Set'
    foreach ($parameter in $sets.GetEnumerator()) {
        if ($Caller.ParameterSetName -ne $parameter.Value) { $members.Remove($parameter.Key) }
    }

    $target = $null
    $piped = $members[$kind.Parameter]
    if ($null -eq $piped) {
        $target = Get-DpsTarget $Caller.ParameterSetName $members
    } else {
        $null = $Targets.TryGetValue($piped, [ref] $target)
        $members.Remove($kind.Parameter)
        $members[$kind.Id] = $piped.($kind.Member)
        # A piped record is meant as it was read: not what someone else has made of it since.
        if (-not $force -and -not $members.ContainsKey('ETag') -and $piped.ETag) { $members['ETag'] = $piped.ETag }
    }
    # To a Remove, -Force only answers the question below; to a Set it is part of the request.
    if ($Action -eq 'Remove') { $members.Remove('Force') }

    $request = ConvertTo-DpsRequest $members
    if ($null -ne $target) { $request['target'] = $target }
    $request['workingDirectory'] = $Caller.SessionState.Path.CurrentFileSystemLocation.ProviderPath

    # Without an id and without -All there is nothing to ask about: the library refuses the request, and says why.
    if ($Action -and ($all -or $members.ContainsKey($kind.Id))) {
        if ($force -and -not $Bound.ContainsKey('Confirm')) { $ConfirmPreference = 'None' }
        $what = "all ${Noun}s"
        if (-not $all) { $what = "$Noun '$($members[$kind.Id])'" }
        $where = Get-DpsTargetName $target
        if (-not $Caller.ShouldProcess("$what in $where", $Action)) { return }
        if ($all -and -not $force -and -not $Caller.ShouldContinue("$Action $what in ${where}?", "$Action all")) { return }
    }
    Invoke-DpsOperation -Name $Operation -Request $request -OutputType $OutputType -Caller $Caller
}
