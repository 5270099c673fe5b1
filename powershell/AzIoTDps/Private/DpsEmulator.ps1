# The program: named by the environment, or in the package, or on PATH.
function Get-DpsProgramPath {
    if ($env:AZIOTDPS_PROGRAM) { return $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($env:AZIOTDPS_PROGRAM) }
    $file = 'aziotdps'
    if ($IsWindows) { $file = 'aziotdps.exe' }
    $packaged = Join-Path (Get-NativeFolder) $file
    if (Test-Path -LiteralPath $packaged -PathType Leaf) { return $packaged }
    $found = @(Get-Command -Name aziotdps -CommandType Application -TotalCount 1 -ErrorAction Ignore)
    if ($found.Count -gt 0) { return $found[0].Source }
    $packaged
}

# Ends the calling cmdlet with an error about the emulator.
function Stop-WithEmulatorError([Management.Automation.PSCmdlet] $Caller, [string] $Message, [object] $Target) {
    $failure = @{ code = 'EmulatorFailed'; category = 'ResourceUnavailable'; message = $Message; target = $Target; help = 'docs/emulator.md' }
    $Caller.ThrowTerminatingError((ConvertTo-DpsErrorRecord $failure))
}

# Starts the emulator, hidden, and returns it when it has said that it is ready.
function Start-DpsEmulator([Management.Automation.PSCmdlet] $Caller, [string[]] $ArgumentList, [int] $TimeoutSeconds) {
    $program = Get-DpsProgramPath
    if (-not (Test-Path -LiteralPath $program -PathType Leaf)) {
        Stop-WithEmulatorError $Caller "The program aziotdps is neither at $program nor on PATH. The environment variable AZIOTDPS_PROGRAM may name it." $program
    }
    $start = [Diagnostics.ProcessStartInfo]::new($program)
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    # Its input ends with this process, however that ends, and so does the emulator (--until-eof).
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    # The record is UTF-8; Windows would read it in the code page of the console, and lose a path with letters beyond ASCII.
    $start.StandardOutputEncoding = [Text.Encoding]::UTF8
    foreach ($argument in $ArgumentList) { $start.ArgumentList.Add($argument) }

    $emulator = [PSDpsEmulator]::new()
    $emulator.Log = Join-Path ([IO.Path]::GetTempPath()) "aziotdps-emulator-$([guid]::NewGuid().ToString('N')).log"
    # Unbuffered, so that the file holds what was said up to now; copied by .NET's own threads, so that a full pipe never stops the emulator.
    $log = [IO.FileStream]::new($emulator.Log, [IO.FileMode]::Create, [IO.FileAccess]::Write, [IO.FileShare] 'ReadWrite, Delete', 1)
    $ready = $false
    try {
        try { $emulator.Process = [Diagnostics.Process]::Start($start) }
        catch { Stop-WithEmulatorError $Caller "The program $program cannot be started: $($_.Exception.Message)" $program }
        $copy = $emulator.Process.StandardError.BaseStream.CopyToAsync($log)
        $line = $emulator.Process.StandardOutput.ReadLineAsync()
        $until = [datetime]::UtcNow.AddSeconds($TimeoutSeconds)
        while (-not $line.Wait(100)) {
            if ([datetime]::UtcNow -gt $until) {
                Stop-WithEmulatorError $Caller "The emulator did not say within $TimeoutSeconds seconds that it is ready." $program
            }
        }
        if (-not $line.Result) {
            $null = $copy.Wait(5000)
            $said = [string] (Get-Content -LiteralPath $emulator.Log -Raw -ErrorAction Ignore)
            Stop-WithEmulatorError $Caller "The emulator ended before it was ready: $($said.Trim())" $program
        }
        $null = $emulator.Process.StandardOutput.BaseStream.CopyToAsync([IO.Stream]::Null)
        $record = ConvertFrom-Json -InputObject $line.Result -AsHashtable
        foreach ($property in $emulator.PSObject.Properties.Name) {
            $member = ConvertTo-DpsMemberName $property
            if ($record.Contains($member)) { $emulator.$property = $record[$member] }
        }
        $Emulators.Add($emulator)
        $ready = $true
        $emulator
    } finally {
        if (-not $ready) {
            if ($null -ne $emulator.Process -and -not $emulator.Process.HasExited) { $emulator.Process.Kill() }
            $log.Dispose()
            Remove-Item -LiteralPath $emulator.Log -Force -ErrorAction Ignore -WhatIf:$false -Confirm:$false
        }
    }
}

# Ends an emulator that this session started. What it has answered with success is safe: it needs no farewell.
function Stop-DpsEmulator([object] $Emulator) {
    $null = $Emulators.Remove($Emulator)
    if (-not $Emulator.Process.HasExited) {
        $Emulator.Process.Kill()
        $null = $Emulator.Process.WaitForExit(5000)
    }
    Remove-Item -LiteralPath $Emulator.Log -Force -ErrorAction Ignore -WhatIf:$false -Confirm:$false
}

# An emulator does not outlive the session that started it. Only .NET in the action: it runs outside of this module.
function Register-DpsEmulatorExit {
    if ($ExitHandled) { return }
    $script:ExitHandled = $true
    $null = Register-EngineEvent -SourceIdentifier PowerShell.Exiting -SupportEvent -MessageData $Emulators -Action {
        foreach ($emulator in $Event.MessageData.ToArray()) {
            if (-not $emulator.Process.HasExited) { $emulator.Process.Kill() }
        }
    }
}
