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

# Makes one enrollment group with each name.
function Add-TestGroup([string[]] $Name) {
    foreach ($one in $Name) { $null = New-AzIoTDpsEnrollmentGroup @target -Name $one -AttestationType SymmetricKey -ErrorAction Stop }
}

function Clear-TestGroup { Remove-AzIoTDpsEnrollmentGroup @target -All -Force -ErrorAction Stop }

function Get-TestGroupName { @(Get-AzIoTDpsEnrollmentGroup @target | ForEach-Object EnrollmentGroupId | Sort-Object) }

# Puts in what a device's provisioning would leave behind; More is the rest of the record.
function Add-TestRegistration([string[]] $Id, [string] $Group, [hashtable] $More = @{}) {
    $body = ConvertTo-Json -InputObject ($More + @{ enrollmentGroupId = $Group }) -Depth 10
    foreach ($one in $Id) {
        $null = Invoke-RestMethod -Method Put -Uri "$($emulator.Endpoint)/_emulator/registrations/$one" -Body $body -ContentType 'application/json' -SkipCertificateCheck
    }
}

# Makes many records at once, named by the prefix and a number from 0.
function Add-TestSeed([string] $Collection, [int] $Count, [string] $Prefix, [string] $Group) {
    $seed = @{ collection = $Collection; count = $Count; prefix = $Prefix }
    if ($Group) { $seed['enrollmentGroupId'] = $Group }
    $null = Invoke-RestMethod -Method Post -Uri "$($emulator.Endpoint)/_emulator/seed" -Body (ConvertTo-Json -InputObject $seed) -ContentType 'application/json' -SkipCertificateCheck
}

# Makes what the examples of the help speak of, where it is not there.
function Initialize-TestService {
    if ('dev-01' -notin (Get-TestId)) { Add-TestEnrollment dev-01 }
    if ('fleet-01' -notin (Get-TestGroupName)) { Add-TestGroup fleet-01 }
    Add-TestRegistration dev-01 fleet-01
}
