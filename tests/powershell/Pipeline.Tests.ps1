BeforeAll {
    . (Join-Path $PSScriptRoot 'Shared.ps1')
    Add-Type -TypeDefinition @'
public class AzLikeProperties { public string ServiceOperationsHostName { get; set; } }
public class AzLikeService {
    public string Id { get; set; }
    public string Name { get; set; }
    public string ResourceGroupName { get; set; }
    public AzLikeProperties Properties { get; set; }
}
'@
    $hostName = $service.Properties.ServiceOperationsHostName
    $scripted = [pscustomobject]@{ Id = $emulator.ResourceId; Name = $name; ResourceGroupName = $group; Properties = [pscustomobject]@{ ServiceOperationsHostName = $hostName } }
    $compiled = [AzLikeService]::new()
    $compiled.Id = $emulator.ResourceId
    $compiled.Name = $name
    $compiled.ResourceGroupName = $group
    $compiled.Properties = [AzLikeProperties]::new()
    $compiled.Properties.ServiceOperationsHostName = $hostName
    $named = [pscustomobject]@{ ResourceId = $emulator.ResourceId }
}
AfterAll { Stop-AzIoTDpsEmulator }

Describe 'the pipeline' {
    BeforeEach {
        Clear-TestEnrollment
        Add-TestEnrollment pump-1, pump-2
        $one = Get-AzIoTDpsEnrollment @target -RegistrationId pump-1
        $disabled = { @(Get-AzIoTDpsEnrollment @target | Where-Object ProvisioningStatus -EQ Disabled | ForEach-Object RegistrationId | Sort-Object) }
    }

    It 'changes a record by position' {
        $null = Set-AzIoTDpsEnrollment $group $name -RegistrationId pump-1 -ProvisioningStatus Disabled
        & $disabled | Should -Be 'pump-1'
    }

    It 'takes a service: <_>' -ForEach 'service', 'scripted', 'compiled' {
        $given = Get-Variable -Name $_ -ValueOnly
        $null = Set-AzIoTDpsEnrollment -DpsObject $given -RegistrationId pump-1 -ProvisioningStatus Disabled
        $null = $given | Set-AzIoTDpsEnrollment -RegistrationId pump-2 -ProvisioningStatus Disabled
        & $disabled | Should -Be 'pump-1', 'pump-2'
        @($given | Get-AzIoTDpsEnrollment).Count | Should -Be 2
        ($given | New-AzIoTDpsEnrollment -RegistrationId pump-3 -AttestationType SymmetricKey).RegistrationId | Should -Be 'pump-3'
        $given | Remove-AzIoTDpsEnrollment -RegistrationId pump-3
        Get-TestId | Should -Be 'pump-1', 'pump-2'
    }

    It 'takes an object with a ResourceId' {
        $null = $named | Set-AzIoTDpsEnrollment -RegistrationId pump-1 -ProvisioningStatus Disabled
        & $disabled | Should -Be 'pump-1'
        @($named | Get-AzIoTDpsEnrollment).Count | Should -Be 2
        $named | Remove-AzIoTDpsEnrollment -RegistrationId pump-1
        Get-TestId | Should -Be 'pump-2'
    }

    It 'takes an object with a ResourceId and a RegistrationId' {
        $null = [pscustomobject]@{ ResourceId = $emulator.ResourceId; RegistrationId = 'pump-2' } | Set-AzIoTDpsEnrollment -ProvisioningStatus Disabled
        & $disabled | Should -Be 'pump-2'
    }

    It 'takes records, which know their service' {
        $null = Get-AzIoTDpsEnrollment @target | Set-AzIoTDpsEnrollment -ProvisioningStatus Disabled
        & $disabled | Should -Be 'pump-1', 'pump-2'
        Get-AzIoTDpsEnrollment @target | Remove-AzIoTDpsEnrollment -PassThru | Should -Be $true, $true
        Get-TestId | Should -BeNullOrEmpty
    }

    It 'takes records for a service that is named' {
        $null = $one | Set-AzIoTDpsEnrollment $group $name -ProvisioningStatus Disabled
        & $disabled | Should -Be 'pump-1'
    }

    It 'takes a record by name' {
        $null = Set-AzIoTDpsEnrollment -Enrollment $one -ProvisioningStatus Disabled
        & $disabled | Should -Be 'pump-1'
    }

    It 'takes the rows of a CSV' {
        $null = 'RegistrationId', 'pump-1', 'pump-2' | ConvertFrom-Csv | Set-AzIoTDpsEnrollment $group $name -ProvisioningStatus Disabled
        & $disabled | Should -Be 'pump-1', 'pump-2'
        $made = 'RegistrationId', 'pump-3' | ConvertFrom-Csv | New-AzIoTDpsEnrollment $group $name -AttestationType SymmetricKey
        $made.RegistrationId | Should -Be 'pump-3'
    }

    It 'refuses an object that is neither' {
        { [pscustomobject]@{ a = 1 } | Set-AzIoTDpsEnrollment -RegistrationId pump-1 -ErrorAction Stop } | Should -Throw
        { [pscustomobject]@{ a = 1 } | Remove-AzIoTDpsEnrollment -RegistrationId pump-1 -ErrorAction Stop } | Should -Throw
        Get-TestId | Should -Be 'pump-1', 'pump-2'
    }
}
