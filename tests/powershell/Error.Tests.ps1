BeforeAll { . (Join-Path $PSScriptRoot 'Shared.ps1') }
AfterAll { Stop-AzIoTDpsEmulator }

Describe 'an error' {
    It 'says what, on what, and what to do' {
        Get-AzIoTDpsEnrollment @target -RegistrationId none -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -Be 'NotFound,Get-AzIoTDeviceProvisioningServiceEnrollment'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $problem[0].TargetObject | Should -BeLike '*none*'
        $problem[0].Exception.Message | Should -BeLike '*Not Found*'
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike '*troubleshooting*'
        $problem[0].Exception.Data['AzIoTDps']['http']['status'] | Should -Be 404
    }

    It 'does not stop the pipeline' {
        $null = New-AzIoTDpsEnrollment @target -RegistrationId pump-1 -AttestationType SymmetricKey
        $found = 'RegistrationId', 'none', 'pump-1' | ConvertFrom-Csv | Set-AzIoTDpsEnrollment @target -DeviceId pump -ErrorAction SilentlyContinue
        $found.RegistrationId | Should -Be 'pump-1'
    }

    It 'comes before any call of the service' {
        $nowhere = 'HostName=nowhere.invalid;SharedAccessKeyName=x;SharedAccessKey=MDEyMzQ1Njc4OWFiY2RlZg=='
        $bad = @{ ConnectionString = $nowhere; RegistrationId = 'pump-1'; AttestationType = 'SymmetricKey'; ErrorAction = 'Stop' }
        { New-AzIoTDpsEnrollment @bad -PrimaryKey 'MDEyMzQ1Njc4OWFiY2RlZg==' } |
            Should -Throw -ErrorId 'InvalidArgument,New-AzIoTDeviceProvisioningServiceEnrollment' -ExpectedMessage '*Please provide both primary and secondary key*'
        { New-AzIoTDpsEnrollment @bad -AllocationPolicy Static } |
            Should -Throw -ErrorId 'InvalidArgument,New-AzIoTDeviceProvisioningServiceEnrollment' -ExpectedMessage '*Please provide a hub to be assigned with device*'
        $bad.RegistrationId = 'no blanks here'
        { New-AzIoTDpsEnrollment @bad } | Should -Throw -ErrorId 'InvalidArgument,New-AzIoTDeviceProvisioningServiceEnrollment'
    }

    It 'never holds a key' {
        $secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0'
        # Run.ps1 makes errors stop, and before PowerShell 7.6 -Debug asks before every change: both would end this line with an exception.
        $text = New-AzIoTDpsEnrollment -ErrorAction Continue -Confirm:$false -ConnectionString "HostName=localhost:1;SharedAccessKeyName=x;SharedAccessKey=$secret" -RegistrationId pump-9 -AttestationType SymmetricKey -PrimaryKey $secret -SecondaryKey $secret -Verbose -Debug *>&1 | Out-String -Width 4000
        $text | Should -Not -BeNullOrEmpty
        $text | Should -Not -BeLike "*$secret*"
    }
}

Describe 'a view' {
    BeforeAll { $made = New-AzIoTDpsEnrollment @target -RegistrationId pump-2 -AttestationType SymmetricKey -Tag @{ site = 'north' } }

    It 'shows a record as a list, without its keys' {
        $text = $made | Out-String -Width 200
        $text | Should -Match 'RegistrationId\s+: pump-2'
        $text | Should -Match 'Attestation\s+: SymmetricKey'
        $text | Should -Match ([regex]::Escape($made.CreatedDateTimeUtc.ToLocalTime().ToString('M/dd/yyyy HH:mm', [cultureinfo]::InvariantCulture)))
        $text | Should -BeLike '*{"site":"north"}*'
        foreach ($key in $made.Attestation.SymmetricKey.PrimaryKey, $made.Attestation.SymmetricKey.SecondaryKey) {
            $text.Contains($key) | Should -BeFalse
            ($made.Attestation.SymmetricKey | Out-String -Width 200).Contains($key) | Should -BeFalse
        }
    }

    It 'shows a list as rows' {
        $text = Get-AzIoTDpsEnrollment @target | Out-String -Width 200
        $text | Should -Match 'RegistrationId\s+Attestation\s+Provisioning Status\s+Created\s+Last Updated'
        $text | Should -Match 'pump-2\s+SymmetricKey\s+Enabled'
    }

    It 'shows services and the emulator, without its secret' {
        $service | Out-String | Should -Match "Name\s+: $name"
        Get-AzIoTDps | Out-String -Width 200 | Should -Match "$group\s+$name"
        $text = $emulator | Out-String -Width 400
        $text | Should -Match 'Endpoint'
        $text.Contains($emulator.ClientSecret) | Should -BeFalse
        $text | Should -Not -BeLike '*SharedAccessKey=*'
    }
}
