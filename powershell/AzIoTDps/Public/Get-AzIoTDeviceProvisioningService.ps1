function Get-AzIoTDeviceProvisioningService {
    <#
    .SYNOPSIS
    Gets one provisioning service, or lists those that the session can see.

    .DESCRIPTION
    With -Name: that service. With -ResourceGroupName alone: those of the group. With neither: those of the subscription.
    What it returns can be piped to the cmdlets on enrollments, enrollment groups and registrations.

    .PARAMETER ResourceGroupName
    The resource group of the provisioning service.

    .PARAMETER Name
    The name of the provisioning service.

    .PARAMETER DefaultProfile
    Accepted so that scripts written for the Az module run; not used. See Connect-AzIoTDps.

    .EXAMPLE
    Get-AzIoTDps

    Lists the provisioning services of the subscription.

    .EXAMPLE
    Get-AzIoTDps -ResourceGroupName emulator -Name emulator

    Gets one provisioning service.

    .EXAMPLE
    Get-AzIoTDps emulator emulator | Get-AzIoTDpsEnrollment

    Lists the enrollments of one provisioning service.

    .OUTPUTS
    PSProvisioningServiceDescription

    .LINK
    Connect-AzIoTDps

    .LINK
    Get-AzIoTDeviceProvisioningServiceEnrollment

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'ListIotDpsByResourceGroup')]
    [OutputType('PSProvisioningServiceDescription')]
    [Alias('Get-AzIoTDps')]
    param(
        [Parameter(ParameterSetName = 'ListIotDpsByResourceGroup')]
        [Parameter(ParameterSetName = 'GetIotDpsByName', Mandatory, Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $ResourceGroupName,

        [Parameter(ParameterSetName = 'GetIotDpsByName', Mandatory, Position = 1)]
        [ValidateNotNullOrEmpty()]
        [string] $Name,

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        if ($PSBoundParameters.ContainsKey('Name')) {
            $request = ConvertTo-DpsRequest @{}
            $request['target'] = [ordered]@{ resourceGroupName = $ResourceGroupName; dpsName = $Name }
            Invoke-DpsOperation -Name service_get -Request $request -OutputType ([PSProvisioningServiceDescription]) -Caller $PSCmdlet
        } else {
            Invoke-DpsOperation -Name service_list -Request (ConvertTo-DpsRequest $PSBoundParameters) -OutputType ([PSProvisioningServicesDescription]) -Caller $PSCmdlet
        }
    }
}
