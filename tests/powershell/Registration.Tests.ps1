BeforeAll { . (Join-Path $PSScriptRoot 'Shared.ps1') }
AfterAll { Stop-AzIoTDpsEmulator }

Describe 'a registration' {
    It 'is read and removed through <_>' -ForEach 'ResourceSet', 'InputObjectSet', 'ResourceIdSet', 'ConnectionStringSet', 'HostNameSet' {
        $through = $targets[$_]
        Add-TestRegistration pump-1 line-1 @{ assignedHub = 'hub-1'; deviceId = 'pump'; substatus = 'initialAssignment'; payload = @{ at = @('2024-01-02T03:04:05.120Z', 7) } }
        $read = Get-AzIoTDpsRegistration @through -RegistrationId pump-1
        $read.GetType().Name | Should -Be 'PSDeviceRegistrationState'
        $read.Status | Should -Be 'Assigned'
        $read.AssignedHub | Should -Be 'hub-1'
        $read.Substatus | Should -Be 'initialAssignment'
        $read.Payload.at[0] | Should -BeExactly '2024-01-02T03:04:05.120Z'
        $read.Payload.ToJson() | Should -BeExactly '{"at":["2024-01-02T03:04:05.120Z",7]}'
        @(Get-AzIoTDpsRegistration @through -EnrollmentId line-1 -Query 'select * from enrollments').RegistrationId | Should -Be 'pump-1'
        Remove-AzIoTDpsRegistration @through -RegistrationId pump-1 | Should -BeNullOrEmpty
        { Get-AzIoTDpsRegistration @through -RegistrationId pump-1 -ErrorAction Stop } |
            Should -Throw -ErrorId 'NotFound,Get-AzIoTDeviceProvisioningServiceRegistration' -ExpectedMessage '*Not Found*'
    }

    It 'is named by one of two ids' {
        foreach ($ids in @{}, @{ RegistrationId = 'pump-1'; EnrollmentId = 'line-1' }) {
            { Get-AzIoTDpsRegistration @target @ids -ErrorAction Stop } |
                Should -Throw -ErrorId 'InvalidArgument,Get-AzIoTDeviceProvisioningServiceRegistration' -ExpectedMessage '*Please provide either RegistrationId or EnrollmentId*'
        }
    }

    It 'lists as rows over all pages, and no more than Top' {
        Add-TestSeed registrations 1100 valve- line-2
        $all = @(Get-AzIoTDpsRegistration @target -EnrollmentId line-2)
        $all.Count | Should -Be 1100
        $all[0].GetType().Name | Should -Be 'PSDeviceRegistrationStates'
        @(Get-AzIoTDpsRegistration @target -EnrollmentId line-2 -Top 3).Count | Should -Be 3
        Get-AzIoTDpsRegistration @target -EnrollmentId line-2 -Top 1 | Out-String -Width 200 | Should -Match 'RegistrationId\s+DeviceId\s+AssignedHub\s+Status\s+Created'
    }

    It 'is not removed under -WhatIf, and true is said only for one that was' {
        Add-TestRegistration pump-1 line-1
        Remove-AzIoTDpsRegistration @target -RegistrationId pump-1 -WhatIf
        Remove-AzIoTDpsRegistration @target -RegistrationId none -PassThru -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        Remove-AzIoTDpsRegistration @target -RegistrationId pump-1 -PassThru | Should -BeExactly $true
    }
}

Describe 'the pipeline of registrations' {
    BeforeEach { Add-TestRegistration pump-1, pump-2 line-3 }
    AfterEach { Get-AzIoTDpsRegistration @target -EnrollmentId line-3 | Remove-AzIoTDpsRegistration -Force }

    It 'takes records, which know their service' {
        Get-AzIoTDpsRegistration -ConnectionString $emulator.ConnectionString -EnrollmentId line-3 | Remove-AzIoTDpsRegistration -PassThru | Should -Be $true, $true
        Get-AzIoTDpsRegistration @target -EnrollmentId line-3 | Should -BeNullOrEmpty
    }

    It 'takes the registration of an enrollment' {
        Add-TestEnrollment pump-1
        $state = (Get-AzIoTDpsEnrollment -ConnectionString $emulator.ConnectionString -RegistrationId pump-1).RegistrationState
        $state | Remove-AzIoTDpsRegistration -PassThru | Should -BeExactly $true
        Clear-TestEnrollment
    }

    It 'takes the rows of a CSV, and a service' {
        'RegistrationId', 'pump-1' | ConvertFrom-Csv | Remove-AzIoTDpsRegistration $group $name -PassThru | Should -BeExactly $true
        $service | Remove-AzIoTDpsRegistration -RegistrationId pump-2 -PassThru | Should -BeExactly $true
        Add-TestRegistration pump-2 line-3
        [pscustomobject]@{ ResourceId = $emulator.ResourceId } | Remove-AzIoTDpsRegistration -RegistrationId pump-2 -PassThru | Should -BeExactly $true
    }

    It 'refuses a record that was changed since, unless forced' {
        $old = Get-AzIoTDpsRegistration @target -RegistrationId pump-1
        Add-TestRegistration pump-1 line-3
        { $old | Remove-AzIoTDpsRegistration -ErrorAction Stop } |
            Should -Throw -ErrorId 'PreconditionFailed,Remove-AzIoTDeviceProvisioningServiceRegistration'
        { Remove-AzIoTDpsRegistration @target -RegistrationId pump-1 -ETag $old.ETag -ErrorAction Stop } | Should -Throw
        $old | Remove-AzIoTDpsRegistration -Force -PassThru | Should -BeExactly $true
    }
}
