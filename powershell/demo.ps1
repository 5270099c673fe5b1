# The story of one fleet, told by the module's cmdlets against an emulator that is running already.
[CmdletBinding()]
param(
    # What the emulator said when it was ready.
    [Parameter(Mandatory)] [string] $Endpoint,
    [Parameter(Mandatory)] [string] $CaCertificate,
    [Parameter(Mandatory)] [string] $ResourceId,
    [string] $ModulePath = (Join-Path $PSScriptRoot 'AzIoTDps' 'AzIoTDps.psd1')
)
$ErrorActionPreference = 'Stop'

# Says what is done, shows the command, runs it.
function Show-Step([string] $Text, [scriptblock] $Command) {
    ''
    "# $Text"
    'PS> ' + $Command.ToString().Trim()
    ''
    # Wide enough for every column, also where there is no terminal to ask.
    (& $Command | Out-String -Width 120).Trim("`r", "`n")
}

Import-Module $ModulePath
$null = Connect-AzIoTDps -Emulator -Endpoint $Endpoint -CaCertificate $CaCertificate
$rg = $ResourceId.Split('/')[4]
$dps = $ResourceId.Split('/')[-1]
"Connected to the provisioning service '$dps' in the resource group '$rg' at $Endpoint"

Show-Step 'Three devices may provision themselves; the service makes their keys' {
    1..3 | ForEach-Object { New-AzIoTDpsEnrollment $rg $dps -RegistrationId "pump-$_" -AttestationType SymmetricKey -Tag @{ site = 'north' } } | Format-Table RegistrationId, Attestation, ETag
}
Show-Step 'One of them, as it stands; a view never shows a key' {
    Get-AzIoTDpsEnrollment $rg $dps -RegistrationId pump-1
}
Show-Step 'It is barred: only the status changes, the rest stays as it was' {
    Set-AzIoTDpsEnrollment $rg $dps -RegistrationId pump-1 -ProvisioningStatus Disabled | Format-List RegistrationId, ProvisioningStatus, ETag
}
Show-Step 'Records know their service, so they go through a pipeline' {
    Get-AzIoTDpsEnrollment $rg $dps | Where-Object ProvisioningStatus -EQ Enabled | Set-AzIoTDpsEnrollment -ReprovisionPolicy never | Format-Table RegistrationId, ReprovisionPolicy
}
Show-Step 'All of them' {
    Get-AzIoTDpsEnrollment $rg $dps
}
Show-Step 'And removed: true for each' {
    Get-AzIoTDpsEnrollment $rg $dps | Remove-AzIoTDpsEnrollment -PassThru
}
Show-Step 'What is gone is said plainly' {
    try { Get-AzIoTDpsEnrollment $rg $dps -RegistrationId pump-1 -ErrorAction Stop } catch { "$($_.FullyQualifiedErrorId): $($_.Exception.Message)" }
}
