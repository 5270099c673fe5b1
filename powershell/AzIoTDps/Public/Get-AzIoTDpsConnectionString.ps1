function Get-AzIoTDpsConnectionString {
    <#
    .SYNOPSIS
    Gets the connection string of a provisioning service.

    .DESCRIPTION
    Of one service, or without one those of every service of the subscription or of a resource group. The keys come from Azure Resource Manager, so the session's account must be allowed to list them.
    A connection string is a secret, and this cmdlet shows it.

    .PARAMETER ResourceGroupName
    The resource group of the provisioning service.

    .PARAMETER DpsName
    The name of the provisioning service.

    .PARAMETER DpsObject
    The provisioning service as Get-AzIoTDeviceProvisioningService returns it, this module's or the Az module's.

    .PARAMETER ResourceId
    The resource id of the provisioning service.

    .PARAMETER PolicyName
    The shared access policy. Without it: provisioningserviceowner.

    .PARAMETER KeyType
    Which of the policy's keys: Primary, or Secondary. Without it: Primary.

    .PARAMETER ShowAll
    Those of all policies.

    .EXAMPLE
    (Get-AzIoTDpsConnectionString -ResourceGroupName emulator -DpsName emulator).ConnectionString

    Gets the text of one connection string.

    .EXAMPLE
    Get-AzIoTDpsConnectionString emulator emulator -PolicyName enrollmentread -KeyType Secondary

    Gets one that can read enrollments and no more.

    .EXAMPLE
    Get-AzIoTDps | Get-AzIoTDpsConnectionString -ShowAll

    Gets those of every policy of the services that were piped.

    .OUTPUTS
    System.Management.Automation.PSCustomObject

    .LINK
    Get-AzIoTDeviceProvisioningService

    .LINK
    Connect-AzIoTDps

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ListSet')]
    [OutputType('System.Management.Automation.PSCustomObject')]
    param(
        [Parameter(ParameterSetName = 'ListSet')]
        [Parameter(ParameterSetName = 'ResourceSet', Mandatory, Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $ResourceGroupName,

        [Parameter(ParameterSetName = 'ResourceSet', Mandatory, Position = 1)] [ValidateNotNullOrEmpty()]
        [string] $DpsName,

        [Parameter(ParameterSetName = 'InputObjectSet', Mandatory, ValueFromPipeline)] [ValidateNotNull()]
        [PSProvisioningServiceDescription] $DpsObject,

        [Parameter(ParameterSetName = 'ResourceIdSet', Mandatory, ValueFromPipelineByPropertyName)] [ValidateNotNullOrEmpty()]
        [string] $ResourceId,

        [ValidateNotNullOrEmpty()]
        [string] $PolicyName,

        [ValidateSet('Primary', 'Secondary')]
        [string] $KeyType,

        [switch] $ShowAll
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        Invoke-DpsCmdlet -Caller $PSCmdlet -Bound $PSBoundParameters -Operation service_connection_string -OutputType ([psobject])
    }
}
