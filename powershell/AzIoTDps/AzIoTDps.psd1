@{
    RootModule           = 'AzIoTDps.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '7c7a1c0e-5a1d-4f5e-9a57-0c2d9f1f8b11'
    Author               = 'AzIoTDps contributors'
    CompanyName          = 'AzIoTDps contributors'
    Copyright            = '(c) AzIoTDps contributors. MIT licence.'
    Description          = 'Device enrollments, enrollment groups and registrations of Azure IoT Hub Device Provisioning Service, with the names of the Az cmdlets, and a local service to try them on.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('AzIoTDps.Format.ps1xml')
    TypesToProcess       = @('AzIoTDps.Types.ps1xml')
    FunctionsToExport    = @(
        'Connect-AzIoTDps'
        'Disconnect-AzIoTDps'
        'Get-AzIoTDeviceProvisioningService'
        'Get-AzIoTDeviceProvisioningServiceEnrollment'
        'Get-AzIoTDeviceProvisioningServiceEnrollmentGroup'
        'Get-AzIoTDeviceProvisioningServiceRegistration'
        'Get-AzIoTDpsConnectionString'
        'Get-AzIoTDpsContext'
        'New-AzIoTDeviceProvisioningServiceEnrollment'
        'New-AzIoTDeviceProvisioningServiceEnrollmentGroup'
        'New-AzIoTDpsDeviceKey'
        'Remove-AzIoTDeviceProvisioningServiceEnrollment'
        'Remove-AzIoTDeviceProvisioningServiceEnrollmentGroup'
        'Remove-AzIoTDeviceProvisioningServiceRegistration'
        'Set-AzIoTDeviceProvisioningServiceEnrollment'
        'Set-AzIoTDeviceProvisioningServiceEnrollmentGroup'
        'Start-AzIoTDpsEmulator'
        'Stop-AzIoTDpsEmulator'
    )
    AliasesToExport      = @(
        'Add-AzIoTDeviceProvisioningServiceEnrollment'
        'Add-AzIoTDeviceProvisioningServiceEnrollmentGroup'
        'Add-AzIoTDpsEnrollment'
        'Add-AzIoTDpsEnrollmentGroup'
        'Get-AzIoTDps'
        'Get-AzIoTDpsEnrollment'
        'Get-AzIoTDpsEnrollmentGroup'
        'Get-AzIoTDpsRegistration'
        'New-AzIoTDpsEnrollment'
        'New-AzIoTDpsEnrollmentGroup'
        'Remove-AzIoTDpsEnrollment'
        'Remove-AzIoTDpsEnrollmentGroup'
        'Remove-AzIoTDpsRegistration'
        'Set-AzIoTDpsEnrollment'
        'Set-AzIoTDpsEnrollmentGroup'
    )
    CmdletsToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags         = @('Azure', 'IoT', 'DPS', 'DeviceProvisioningService', 'Enrollment', 'EnrollmentGroup', 'Registration', 'Emulator', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            # ProjectUri and LicenseUri are not known yet: cargo xtask package writes them where AZIOTDPS_PROJECT_URI says them.
            ReleaseNotes = 'First release: enrollments, enrollment groups, registrations and device keys.'
        }
    }
}
