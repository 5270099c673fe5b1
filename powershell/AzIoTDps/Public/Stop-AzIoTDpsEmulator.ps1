function Stop-AzIoTDpsEmulator {
    <#
    .SYNOPSIS
    Stops emulators that this session started.

    .DESCRIPTION
    Stops the emulator that is piped or given, or all that this session started. It never touches one that something else started.

    .PARAMETER Emulator
    What Start-AzIoTDpsEmulator returned. Without it all emulators of this session are stopped.

    .EXAMPLE
    Stop-AzIoTDpsEmulator

    Stops all emulators of this session.

    .EXAMPLE
    $emulator | Stop-AzIoTDpsEmulator

    Stops one of them.

    .LINK
    Start-AzIoTDpsEmulator

    .LINK
    about_AzIoTDps
    #>
    [CmdletBinding(SupportsShouldProcess, PositionalBinding = $false)]
    [OutputType([void])]
    param(
        [Parameter(Position = 0, ValueFromPipeline)] [ValidateNotNull()]
        [PSDpsEmulator] $Emulator
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        $chosen = $Emulators.ToArray()
        if ($PSBoundParameters.ContainsKey('Emulator')) { $chosen = @($chosen | Where-Object { $_ -eq $Emulator }) }
        foreach ($one in $chosen) {
            if ($PSCmdlet.ShouldProcess("emulator at $($one.Endpoint)", 'Stop')) { Stop-DpsEmulator $one }
        }
    }
}
