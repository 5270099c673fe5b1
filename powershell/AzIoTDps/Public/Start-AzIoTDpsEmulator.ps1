function Start-AzIoTDpsEmulator {
    <#
    .SYNOPSIS
    Starts a provisioning service on this machine, and connects the session to it.

    .DESCRIPTION
    The emulator answers on this machine only, and its account is fixed and published: it is for trying, testing and demonstrating.
    It ends with Stop-AzIoTDpsEmulator, when the module is removed, or when the session ends.

    .PARAMETER Port
    The port to listen on; 0 takes a free one.

    .PARAMETER DataPath
    The file that keeps the enrollments. Without it they are gone when the emulator ends.

    .PARAMETER NoConnect
    Leaves the session connected as it was.

    .PARAMETER TimeoutSeconds
    How long to wait until the emulator is ready.

    .EXAMPLE
    Start-AzIoTDpsEmulator

    Starts the emulator; Get-AzIoTDps then shows its one provisioning service, 'emulator' in the resource group 'emulator'.

    .EXAMPLE
    $emulator = Start-AzIoTDpsEmulator -Port 0 -DataPath ./fleet.db

    Starts it on a free port, with a file that keeps the enrollments.

    .OUTPUTS
    PSDpsEmulator

    .LINK
    Stop-AzIoTDpsEmulator

    .LINK
    Connect-AzIoTDps

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(SupportsShouldProcess, PositionalBinding = $false)]
    [OutputType('PSDpsEmulator')]
    param(
        [ValidateRange(0, 65535)]
        [int] $Port = 8443,

        [ValidateNotNullOrEmpty()]
        [string] $DataPath,

        [switch] $NoConnect,

        [ValidateRange(1, 3600)]
        [int] $TimeoutSeconds = 30
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        $arguments = 'emulator', 'start', '--json', '--until-eof', '--port', "$Port"
        if ($DataPath) { $arguments += '--data-path', $PSCmdlet.GetUnresolvedProviderPathFromPSPath($DataPath) }
        if (-not $PSCmdlet.ShouldProcess("emulator on port $Port", 'Start')) { return }

        Register-DpsEmulatorExit
        $started = Start-DpsEmulator $PSCmdlet $arguments $TimeoutSeconds
        if (-not $NoConnect) {
            $connected = $false
            try {
                $null = Connect-AzIoTDps -Emulator -Endpoint $started.Endpoint -CaCertificate $started.CaCertificate -ErrorAction Stop
                $connected = $true
            } finally {
                if (-not $connected) { Stop-DpsEmulator $started }
            }
        }
        $started
    }
}
