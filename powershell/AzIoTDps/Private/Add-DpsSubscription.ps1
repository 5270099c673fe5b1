# -DefaultProfile is an Az context: a service that is given by its name is looked up in the context's subscription. Nothing else of it is used;
# where more would be needed it is an error, because the change would be made in another service than is meant.
function Add-DpsSubscription([Management.Automation.PSCmdlet] $Caller, [Collections.IDictionary] $Target, [object] $DefaultProfile) {
    $id = $null
    $subscription = $DefaultProfile.PSObject.Properties['Subscription']
    if ($null -ne $subscription -and $null -ne $subscription.Value) { $id = [string] $subscription.Value.Id }
    if ($id -and $null -ne $Target) {
        $start = "/subscriptions/$id/"
        if ($Target.Contains('resourceId') -and ([string] $Target['resourceId']).StartsWith($start, 'OrdinalIgnoreCase')) { return $Target }
        if ($Target.Contains('resourceGroupName') -and $Target.Contains('dpsName')) {
            return [ordered]@{ resourceId = "${start}resourceGroups/$($Target['resourceGroupName'])/providers/Microsoft.Devices/provisioningServices/$($Target['dpsName'])" }
        }
    }
    Stop-DpsCmdlet $Caller InvalidArgument InvalidArgument '-DefaultProfile only names the subscription of a service that is named by its resource group and its name. Connect-AzIoTDps says who signs in.'
}
