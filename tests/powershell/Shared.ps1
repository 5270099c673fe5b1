# Dot-source this in BeforeAll: the module, an emulator of its own, and its service in each way to name it.
Import-Module $env:AZIOTDPS_MODULE -Force
$emulator = Start-AzIoTDpsEmulator -Port 0
$group = $emulator.ResourceGroupName
$name = $emulator.DpsName
$service = Get-AzIoTDps -ResourceGroupName $group -Name $name
$targets = @{
    ResourceSet         = @{ ResourceGroupName = $group; DpsName = $name }
    InputObjectSet      = @{ DpsObject = $service }
    ResourceIdSet       = @{ ResourceId = $emulator.ResourceId }
    ConnectionStringSet = @{ ConnectionString = $emulator.ConnectionString }
    HostNameSet         = @{ HostName = $service.Properties.ServiceOperationsHostName }
}
$target = $targets.ResourceSet

# Makes one enrollment with each id.
function Add-TestEnrollment([string[]] $Id) {
    foreach ($one in $Id) { $null = New-AzIoTDpsEnrollment @target -RegistrationId $one -AttestationType SymmetricKey -ErrorAction Stop }
}

function Clear-TestEnrollment { Remove-AzIoTDpsEnrollment @target -All -Force -ErrorAction Stop }

function Get-TestId { @(Get-AzIoTDpsEnrollment @target | ForEach-Object RegistrationId | Sort-Object) }
