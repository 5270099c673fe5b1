function Connect-AzIoTDps {
    <#
    .SYNOPSIS
    Says how this session signs in, and to which cloud.

    .DESCRIPTION
    Needed once in a session for everything but -ConnectionString of a single cmdlet. A later call takes the place of an earlier one.
    Secrets stay in the memory of this session. Nothing is asked of a service yet, unless it must be to sign in.

    .PARAMETER ConnectionString
    A connection string of one provisioning service: HostName=...;SharedAccessKeyName=...;SharedAccessKey=... It becomes the session's own service.

    .PARAMETER Emulator
    Connects to the emulator on this machine.

    .PARAMETER Endpoint
    Where the emulator listens. Without it: https://localhost:8443.

    .PARAMETER TenantId
    The Microsoft Entra tenant to sign in to.

    .PARAMETER ClientId
    The application that signs in.

    .PARAMETER ClientSecret
    The secret of that application.

    .PARAMETER AccessToken
    A token for the provisioning service that was obtained elsewhere.

    .PARAMETER ResourceManagerAccessToken
    A token for Azure Resource Manager that was obtained elsewhere.

    .PARAMETER SubscriptionId
    The subscription of the provisioning services. Without it: AZURE_SUBSCRIPTION_ID, or the only one that the account sees.

    .PARAMETER AuthType
    How the provisioning service itself is called: Key, with a shared access key that Azure Resource Manager gives, or Login, with a token.

    .PARAMETER Environment
    The cloud.

    .PARAMETER ResourceManagerEndpoint
    Azure Resource Manager's address, where it is not the cloud's own.

    .PARAMETER AuthorityHost
    The address that tokens come from, where it is not the cloud's own.

    .PARAMETER DataPlaneScope
    The scope that a token for the provisioning service is asked for, where it is not the cloud's own.

    .PARAMETER DataPlaneApiVersion
    The version of the provisioning service's interface that every call uses. Without it each call takes the version that knows what the call asks for.

    .PARAMETER CaCertificate
    A certificate authority to trust besides the system's: a PEM file, or its text.

    .PARAMETER ConnectTimeoutSeconds
    How long to wait for a connection.

    .PARAMETER TimeoutSeconds
    How long to wait for one answer.

    .PARAMETER MaximumAttempts
    How often a request that is safe to repeat is sent.

    .EXAMPLE
    Connect-AzIoTDps -Emulator

    Connects to an emulator on its usual port.

    .EXAMPLE
    Connect-AzIoTDps -TenantId $tenant -ClientId $application -ClientSecret (Read-Host -AsSecureString) -SubscriptionId $subscription

    Signs in as an application.

    .EXAMPLE
    Connect-AzIoTDps -AccessToken (Get-AzAccessToken -ResourceUrl https://azure-devices-provisioning.net -AsSecureString).Token

    Uses a token of the Az module's sign-in.

    .OUTPUTS
    System.Management.Automation.PSCustomObject

    .LINK
    Get-AzIoTDeviceProvisioningService

    .LINK
    Start-AzIoTDpsEmulator

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(DefaultParameterSetName = 'LoginSet')]
    [OutputType('System.Management.Automation.PSCustomObject')]
    param(
        [Parameter(ParameterSetName = 'ConnectionStringSet', Mandatory)] [ValidateNotNullOrEmpty()]
        [string] $ConnectionString,

        [Parameter(ParameterSetName = 'EmulatorSet', Mandatory)]
        [switch] $Emulator,

        [Parameter(ParameterSetName = 'EmulatorSet')] [ValidateNotNullOrEmpty()]
        [string] $Endpoint,

        [Parameter(ParameterSetName = 'LoginSet')] [ValidateNotNullOrEmpty()]
        [string] $TenantId,

        [Parameter(ParameterSetName = 'LoginSet')] [ValidateNotNullOrEmpty()]
        [string] $ClientId,

        [Parameter(ParameterSetName = 'LoginSet')] [ValidateNotNull()]
        [securestring] $ClientSecret,

        [Parameter(ParameterSetName = 'LoginSet')] [ValidateNotNull()]
        [securestring] $AccessToken,

        [Parameter(ParameterSetName = 'LoginSet')] [ValidateNotNull()]
        [securestring] $ResourceManagerAccessToken,

        [ValidateNotNullOrEmpty()]
        [string] $SubscriptionId,

        [ValidateSet('Key', 'Login')]
        [string] $AuthType,

        [ValidateSet('AzureCloud', 'AzureUSGovernment', 'AzureChinaCloud')]
        [string] $Environment,

        [ValidateNotNullOrEmpty()]
        [string] $ResourceManagerEndpoint,

        [ValidateNotNullOrEmpty()]
        [string] $AuthorityHost,

        [ValidateNotNullOrEmpty()]
        [string] $DataPlaneScope,

        [ValidateNotNullOrEmpty()]
        [string] $DataPlaneApiVersion,

        [ValidateNotNullOrEmpty()]
        [string] $CaCertificate,

        [int] $ConnectTimeoutSeconds,

        [int] $TimeoutSeconds,

        [int] $MaximumAttempts
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        $members = [hashtable] $PSBoundParameters
        if ($members.ContainsKey('Endpoint')) {
            $members['Emulator'] = $Endpoint
            $members.Remove('Endpoint')
        }
        $request = ConvertTo-DpsRequest $members
        $request['workingDirectory'] = $PSCmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath
        Invoke-DpsOperation -Name session_connect -Request $request -OutputType ([psobject]) -Caller $PSCmdlet
    }
}
