# What Tab offers: the names that the session can see, looked up at most once in 30 seconds. Silent when there is nothing to offer.
$Completions = @{}

function Register-DpsCompleter {
    $resourceGroups = { param($command, $parameter, $word, $syntax, $given) Get-DpsCompletion 'resource group' $word $given }
    $services = { param($command, $parameter, $word, $syntax, $given) Get-DpsCompletion 'service' $word $given }
    $enrollments = { param($command, $parameter, $word, $syntax, $given) Get-DpsCompletion 'enrollment' $word $given }
    $enrollmentGroups = { param($command, $parameter, $word, $syntax, $given) Get-DpsCompletion 'enrollment group' $word $given }

    $service = 'AzIoTDeviceProvisioningService'
    $ofEnrollments = 'Get', 'Set', 'Remove' | ForEach-Object { "$_-${service}Enrollment" }
    $ofGroups = 'Get', 'Set', 'Remove' | ForEach-Object { "$_-${service}EnrollmentGroup" }
    $ofRegistrations = "Get-${service}Registration", "Remove-${service}Registration"
    $all = @($ofEnrollments) + $ofGroups + $ofRegistrations + "New-${service}Enrollment", "New-${service}EnrollmentGroup", 'New-AzIoTDpsDeviceKey', 'Get-AzIoTDpsConnectionString'

    Register-ArgumentCompleter -CommandName (@($all) + "Get-$service") -ParameterName ResourceGroupName -ScriptBlock $resourceGroups
    Register-ArgumentCompleter -CommandName $all -ParameterName DpsName -ScriptBlock $services
    Register-ArgumentCompleter -CommandName "Get-$service" -ParameterName Name -ScriptBlock $services
    # Registrations can only be listed by group; those of individual enrollments have the enrollments' ids.
    Register-ArgumentCompleter -CommandName (@($ofEnrollments) + $ofRegistrations) -ParameterName RegistrationId -ScriptBlock $enrollments
    Register-ArgumentCompleter -CommandName (@($ofGroups) + 'New-AzIoTDpsDeviceKey') -ParameterName Name -ScriptBlock $enrollmentGroups
    Register-ArgumentCompleter -CommandName "Get-${service}Registration" -ParameterName EnrollmentId -ScriptBlock $enrollmentGroups
}

function Get-DpsCompletion([string] $Kind, [string] $Word, [Collections.IDictionary] $Given) {
    $values = @()
    try { $values = @(Get-DpsCompletionValue $Kind $Given) } catch { return }
    foreach ($value in $values) {
        if (-not $value.StartsWith($Word.Trim("'"), [StringComparison]::OrdinalIgnoreCase)) { continue }
        if ($value -match '^[\w.-]+$') { $value } else { "'" + $value.Replace("'", "''") + "'" }
    }
}

function Get-DpsCompletionValue([string] $Kind, [Collections.IDictionary] $Given) {
    $target = @{}
    if ($Kind -like 'enrollment*') {
        # One whole target, or the look-up below would ask for what is missing.
        foreach ($name in 'ResourceId', 'HostName', 'ConnectionString') {
            if ($Given.Contains($name)) { $target = @{ $name = [string] $Given[$name] } }
        }
        if ($Given.Contains('ResourceGroupName') -and $Given.Contains('DpsName')) {
            $target = @{ ResourceGroupName = [string] $Given['ResourceGroupName']; DpsName = [string] $Given['DpsName'] }
        }
        if ($target.Count -eq 0) { return }
    } elseif ($Kind -eq 'service' -and $Given.Contains('ResourceGroupName')) {
        $target = @{ ResourceGroupName = [string] $Given['ResourceGroupName'] }
    }

    $key = "$Kind $(ConvertTo-Json -InputObject $target -Compress)"
    $known = $Completions[$key]
    if ($null -ne $known -and $known.Expires -gt [datetime]::UtcNow) { return $known.Names }

    $quiet = @{ ErrorAction = 'Ignore'; WarningAction = 'Ignore' }
    $values = switch ($Kind) {
        'enrollment' { Get-AzIoTDeviceProvisioningServiceEnrollment @target @quiet -Top 50 | ForEach-Object RegistrationId }
        'enrollment group' { Get-AzIoTDeviceProvisioningServiceEnrollmentGroup @target @quiet -Top 50 | ForEach-Object EnrollmentGroupId }
        'service' { Get-AzIoTDeviceProvisioningService @target @quiet | Select-Object -First 50 | ForEach-Object Name }
        'resource group' { Get-AzIoTDeviceProvisioningService @target @quiet | Select-Object -First 50 | ForEach-Object ResourceGroupName }
    }
    $names = @($values | Sort-Object -Unique)
    $Completions[$key] = @{ Expires = [datetime]::UtcNow.AddSeconds(30); Names = $names }
    $names
}
