# What Tab offers: the names that the session can see, looked up at most once in 30 seconds. Silent when there is nothing to offer.
$Completions = @{}

function Register-DpsCompleter {
    $completer = {
        param($commandName, $parameterName, $wordToComplete, $commandAst, $fakeBoundParameters)
        Get-DpsCompletion $parameterName $wordToComplete $fakeBoundParameters
    }
    $records = 'Get', 'Set', 'Remove' | ForEach-Object { "$_-AzIoTDeviceProvisioningServiceEnrollment" }
    $all = @($records) + 'New-AzIoTDeviceProvisioningServiceEnrollment'
    Register-ArgumentCompleter -CommandName $records -ParameterName RegistrationId -ScriptBlock $completer
    Register-ArgumentCompleter -CommandName $all -ParameterName DpsName -ScriptBlock $completer
    Register-ArgumentCompleter -CommandName Get-AzIoTDeviceProvisioningService -ParameterName Name -ScriptBlock $completer
    Register-ArgumentCompleter -CommandName (@($all) + 'Get-AzIoTDeviceProvisioningService') -ParameterName ResourceGroupName -ScriptBlock $completer
}

function Get-DpsCompletion([string] $Parameter, [string] $Word, [Collections.IDictionary] $Given) {
    $values = @()
    try { $values = @(Get-DpsCompletionValue $Parameter $Given) } catch { return }
    foreach ($value in $values) {
        if (-not $value.StartsWith($Word.Trim("'"), [StringComparison]::OrdinalIgnoreCase)) { continue }
        if ($value -match '^[\w.-]+$') { $value } else { "'" + $value.Replace("'", "''") + "'" }
    }
}

function Get-DpsCompletionValue([string] $Parameter, [Collections.IDictionary] $Given) {
    $target = @{}
    if ($Parameter -eq 'RegistrationId') {
        # One whole target, or the look-up below would ask for what is missing.
        foreach ($name in 'ResourceId', 'HostName', 'ConnectionString') {
            if ($Given.Contains($name)) { $target = @{ $name = [string] $Given[$name] } }
        }
        if ($Given.Contains('ResourceGroupName') -and $Given.Contains('DpsName')) {
            $target = @{ ResourceGroupName = [string] $Given['ResourceGroupName']; DpsName = [string] $Given['DpsName'] }
        }
        if ($target.Count -eq 0) { return }
    } elseif ($Parameter -ne 'ResourceGroupName' -and $Given.Contains('ResourceGroupName')) {
        $target = @{ ResourceGroupName = [string] $Given['ResourceGroupName'] }
    }

    $key = "$Parameter $(ConvertTo-Json -InputObject $target -Compress)"
    $known = $Completions[$key]
    if ($null -ne $known -and $known.Expires -gt [datetime]::UtcNow) { return $known.Names }

    $quiet = @{ ErrorAction = 'Ignore'; WarningAction = 'Ignore' }
    if ($Parameter -eq 'RegistrationId') {
        $values = @(Get-AzIoTDeviceProvisioningServiceEnrollment @target @quiet -Top 50 | ForEach-Object { $_.RegistrationId })
    } else {
        $services = @(Get-AzIoTDeviceProvisioningService @target @quiet | Select-Object -First 50)
        $member = 'Name'
        if ($Parameter -eq 'ResourceGroupName') { $member = 'ResourceGroupName' }
        $values = @($services | ForEach-Object { $_.$member } | Sort-Object -Unique)
    }
    $Completions[$key] = @{ Expires = [datetime]::UtcNow.AddSeconds(30); Names = $values }
    $values
}
