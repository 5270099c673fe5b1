@{
    RootModule           = 'AzIoTDps.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '7c7a1c0e-5a1d-4f5e-9a57-0c2d9f1f8b11'
    Author               = 'AzIoTDps contributors'
    Copyright            = '(c) AzIoTDps contributors. MIT licence.'
    Description          = 'Device enrollments of Azure IoT Hub Device Provisioning Service, with the names of the Az cmdlets, and a local service to try them on.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('AzIoTDps.Format.ps1xml')
    FunctionsToExport    = @(
        'Connect-AzIoTDps'
        'Get-AzIoTDeviceProvisioningService'
        'Get-AzIoTDeviceProvisioningServiceEnrollment'
        'New-AzIoTDeviceProvisioningServiceEnrollment'
        'Remove-AzIoTDeviceProvisioningServiceEnrollment'
        'Set-AzIoTDeviceProvisioningServiceEnrollment'
        'Start-AzIoTDpsEmulator'
        'Stop-AzIoTDpsEmulator'
    )
    AliasesToExport      = @(
        'Add-AzIoTDeviceProvisioningServiceEnrollment'
        'Add-AzIoTDpsEnrollment'
        'Get-AzIoTDps'
        'Get-AzIoTDpsEnrollment'
        'New-AzIoTDpsEnrollment'
        'Remove-AzIoTDpsEnrollment'
        'Set-AzIoTDpsEnrollment'
    )
    CmdletsToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags         = @('Azure', 'IoT', 'DPS', 'DeviceProvisioningService', 'Enrollment', 'Emulator', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            ReleaseNotes = 'First release: individual enrollments.'
        }
    }
}
