# The program aziotdps, which is the emulator.

# Its path: from the environment, in the package, or on PATH.
function Get-DpsProgramPath {
    if ($env:AZIOTDPS_PROGRAM) { return $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($env:AZIOTDPS_PROGRAM) }
    $file = 'aziotdps'
    if ($IsWindows) { $file = 'aziotdps.exe' }
    $packaged = [IO.Path]::GetFullPath("$(Get-NativeFolder)/$file")
    if ([IO.File]::Exists($packaged)) { return $packaged }
    $found = @(Get-Command -Name aziotdps -CommandType Application -TotalCount 1 -ErrorAction Ignore)
    if ($found.Count -gt 0) { return $found[0].Source }
    $packaged
}

# Sets the execute bit, which an unpacked package may have lost. Where that is not allowed, the start reports its own error.
function Set-DpsExecutable([string] $Program) {
    if ($IsWindows) { return }
    $mode = [IO.File]::GetUnixFileMode($Program)
    if ($mode -band [IO.UnixFileMode]::UserExecute) { return }
    $mode = $mode -bor [IO.UnixFileMode]::UserExecute
    try { [IO.File]::SetUnixFileMode($Program, $mode) } catch { $null = $_ }
}
