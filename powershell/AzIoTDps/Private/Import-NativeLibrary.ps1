# Finds the library that is built for this machine, and binds the functions of Native.ps1 to it.

# The folder of the package for this machine. A table, because each import runs this, and a .NET method takes 1 or 2 ms at its first call.
$Architectures = @{ X86 = 'x86'; X64 = 'x64'; Arm = 'arm'; Arm64 = 'arm64' }

function Get-NativeFolder {
    $system = 'linux'
    if ($IsWindows) { $system = 'win' } elseif ($IsMacOS) { $system = 'osx' }
    "$ModuleFolder/runtimes/$system-$($Architectures["$([Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture)"])/native"
}

function Get-NativeLibraryPath {
    if ($env:AZIOTDPS_LIBRARY) { return $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($env:AZIOTDPS_LIBRARY) }
    $file = 'libaziotdps.so'
    if ($IsWindows) { $file = 'aziotdps.dll' } elseif ($IsMacOS) { $file = 'libaziotdps.dylib' }
    "$(Get-NativeFolder)/$file"
}

# Ends an import or an operation: neither works without the library.
function Stop-DpsLibrary([string] $Path, [string] $Problem) {
    throw "The native library of AzIoTDps ${Problem}: $Path. The environment variable AZIOTDPS_LIBRARY may name another."
}

# Binds the table to the library at Path. No compiler is started: about 50 ms, where Add-Type takes half a second or more.
function Import-NativeLibrary([string] $Path) {
    if (-not [IO.File]::Exists($Path)) { Stop-DpsLibrary $Path 'is not there' }
    $Path = [IO.Path]::GetFullPath($Path)
    try { $null = [Runtime.InteropServices.NativeLibrary]::Load($Path) }
    catch { Stop-DpsLibrary $Path "cannot be loaded ($($_.Exception.GetBaseException().Message.Trim()))" }

    $assembly = [Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly([Reflection.AssemblyName]::new('AzIoTDps.Native'), 'Run')
    $type = $assembly.DefineDynamicModule('AzIoTDps.Native').DefineType('AzIoTDps.Native', 'Public, Class')
    foreach ($name in $NativeFunctions.Keys) {
        $returnType, $parameterTypes = $NativeFunctions[$name]
        $method = $type.DefinePInvokeMethod($name, $Path, 'Public, Static, PinvokeImpl', 'Standard', $returnType, [type[]] $parameterTypes, 'Cdecl', 'Ansi')
        $method.SetImplementationFlags('PreserveSig')
    }
    $library = $type.CreateType()

    $version = $library::aziotdps_abi_version()
    $major = $version -shr 16
    $minor = $version -band 0xffff
    # Before 1.0 a new minor number may change what there is; after it, only add.
    if ($major -ne $NativeAbi.Major -or $minor -lt $NativeAbi.Minor -or ($major -eq 0 -and $minor -gt $NativeAbi.Minor)) {
        Stop-DpsLibrary $Path "has ABI $major.$minor, where this module needs $($NativeAbi.Major).$($NativeAbi.Minor)"
    }
    $library
}
