BeforeAll { . (Join-Path $PSScriptRoot 'Shared.ps1') }
AfterAll { Stop-AzIoTDpsEmulator }

Describe 'the module' {
    It 'exports what it says' {
        $manifest = Import-PowerShellDataFile -LiteralPath $env:AZIOTDPS_MODULE
        $module = Get-Module AzIoTDps
        @($module.ExportedFunctions.Keys | Sort-Object) | Should -Be @($manifest.FunctionsToExport | Sort-Object)
        @($module.ExportedAliases.Keys | Sort-Object) | Should -Be @($manifest.AliasesToExport | Sort-Object)
    }

    It 'has a topic about itself' {
        Get-Help about_AzIoTDps | Out-String | Should -BeLike '*about_AzIoTDps*'
    }

    It 'offers the ids of a service' {
        $null = New-AzIoTDpsEnrollment @target -RegistrationId pump-5 -AttestationType SymmetricKey
        $line = "Get-AzIoTDpsEnrollment -ResourceGroupName $group -DpsName $name -RegistrationId pu"
        $offered = (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText
        $offered | Should -Contain 'pump-5'
    }
}

Describe 'an example of the help of <_>' -ForEach 'New', 'Get', 'Set', 'Remove' {
    It 'runs' {
        Clear-TestEnrollment
        $examples = @((Get-Help "$_-AzIoTDeviceProvisioningServiceEnrollment" -Full).examples.example)
        $examples.Count | Should -BeGreaterThan 2
        foreach ($example in $examples) {
            if ('dev-01' -notin (Get-TestId)) { Add-TestEnrollment dev-01 }
            $code = [string] $example.code
            { & ([scriptblock]::Create("`$ErrorActionPreference = 'Stop'; $code")) } | Should -Not -Throw -Because $code
        }
    }
}

Describe 'Get-AzIoTDeviceProvisioningService' {
    It 'gets one, those of a group, and those of the subscription' {
        $service.Name | Should -Be $name
        $service.Id | Should -Be $emulator.ResourceId
        $service.ResourceGroupName | Should -Be $group
        $service.Properties.IdScope | Should -Be $emulator.IdScope
        @(Get-AzIoTDps -ResourceGroupName $group).Name | Should -Contain $name
        @(Get-AzIoTDps).Name | Should -Contain $name
    }
}

Describe 'Connect-AzIoTDps' {
    AfterEach { $null = Connect-AzIoTDps -Emulator -Endpoint $emulator.Endpoint -CaCertificate $emulator.CaCertificate }

    It 'signs in as an application' {
        $secret = ConvertTo-SecureString $emulator.ClientSecret -AsPlainText -Force
        $account = @{ TenantId = $emulator.TenantId; ClientId = $emulator.ClientId; ClientSecret = $secret; SubscriptionId = $emulator.SubscriptionId }
        $connection = Connect-AzIoTDps @account -AuthorityHost $emulator.Endpoint -ResourceManagerEndpoint $emulator.Endpoint -CaCertificate $emulator.CaCertificate
        $connection | Out-String | Should -Not -BeLike "*$($emulator.ClientSecret)*"
        (Get-AzIoTDps $group $name).Id | Should -Be $emulator.ResourceId
    }

    It 'refuses half an account' {
        { Connect-AzIoTDps -TenantId $emulator.TenantId -ClientId $emulator.ClientId -ErrorAction Stop } | Should -Throw
    }
}

Describe 'an emulator' {
    It 'is started beside another, and stopped alone' {
        $other = Start-AzIoTDpsEmulator -Port 0 -NoConnect
        $other.Endpoint | Should -Not -Be $emulator.Endpoint
        $other.Process.HasExited | Should -BeFalse
        $other | Stop-AzIoTDpsEmulator
        $other.Process.HasExited | Should -BeTrue
        $emulator.Process.HasExited | Should -BeFalse
        (Get-AzIoTDps $group $name).Name | Should -Be $name
    }

    It 'keeps what it was told where it is given a file' {
        $file = Join-Path $TestDrive 'fleet.db'
        foreach ($round in 1, 2) {
            $kept = Start-AzIoTDpsEmulator -Port 0 -DataPath $file -NoConnect
            $through = @{ ConnectionString = $kept.ConnectionString; RegistrationId = 'kept' }
            if ($round -eq 1) { $null = New-AzIoTDpsEnrollment @through -AttestationType SymmetricKey }
            (Get-AzIoTDpsEnrollment @through).RegistrationId | Should -Be 'kept'
            $kept | Stop-AzIoTDpsEmulator
        }
    }

    It 'says why it could not start' {
        $port = ([uri] $emulator.Endpoint).Port
        { Start-AzIoTDpsEmulator -Port $port } | Should -Throw -ErrorId 'EmulatorFailed,Start-AzIoTDpsEmulator'
    }

    It 'is not started under -WhatIf' {
        Start-AzIoTDpsEmulator -Port 0 -WhatIf | Should -BeNullOrEmpty
        Stop-AzIoTDpsEmulator -WhatIf
        $emulator.Process.HasExited | Should -BeFalse
    }

    It 'ends with the module' {
        $process = $emulator.Process
        Remove-Module AzIoTDps
        $process.HasExited | Should -BeTrue
        . (Join-Path $PSScriptRoot 'Shared.ps1')
    }
}
