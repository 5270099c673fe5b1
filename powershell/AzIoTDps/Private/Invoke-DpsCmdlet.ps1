# What every cmdlet on a service's records does with one input: the request from its bound parameters, the question, the operation.
# A cmdlet is its parameters and one call of this.
function Invoke-DpsCmdlet {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [Management.Automation.PSCmdlet] $Caller,
        [Parameter(Mandatory)] [Collections.IDictionary] $Bound,
        [Parameter(Mandatory)] [string] $Operation,
        [Parameter(Mandatory)] [type] $OutputType,
        # What ShouldProcess says is done; a cmdlet that changes nothing gives none.
        [string] $Action,
        # What is worked on, and the parameter that names it.
        [string] $Noun = 'enrollment',
        [string] $IdParameter = 'RegistrationId'
    )
    $members = [hashtable] $Bound
    $force = [bool] $members['Force']
    $all = [bool] $members['All']
    $target = Get-DpsTarget $Caller.ParameterSetName $members

    $piped = $members['Enrollment']
    if ($null -ne $piped) {
        $members.Remove('Enrollment')
        $members[$IdParameter] = $piped.$IdParameter
        # A piped record is meant as it was read: not what someone else has made of it since.
        if (-not $force -and -not $members.ContainsKey('ETag') -and $piped.ETag) { $members['ETag'] = $piped.ETag }
    }
    # To a Remove, -Force only answers the question below; to a Set it is part of the request.
    if ($Action -eq 'Remove') { $members.Remove('Force') }

    $request = ConvertTo-DpsRequest $members
    if ($null -ne $target) { $request['target'] = $target }
    $request['workingDirectory'] = $Caller.SessionState.Path.CurrentFileSystemLocation.ProviderPath

    # Without an id and without -All there is nothing to ask about: the library refuses the request, and says why.
    if ($Action -and ($all -or $members.ContainsKey($IdParameter))) {
        if ($force -and -not $Bound.ContainsKey('Confirm')) { $ConfirmPreference = 'None' }
        $what = "all ${Noun}s"
        if (-not $all) { $what = "$Noun '$($members[$IdParameter])'" }
        $where = Get-DpsTargetName $target
        if (-not $Caller.ShouldProcess("$what in $where", $Action)) { return }
        if ($all -and -not $force -and -not $Caller.ShouldContinue("$Action $what in ${where}?", "$Action all")) { return }
    }
    Invoke-DpsOperation -Name $Operation -Request $request -OutputType $OutputType -Caller $Caller
}
