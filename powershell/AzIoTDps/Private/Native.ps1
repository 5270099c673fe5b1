# The library's functions, one line each: return type, parameter types. A test compares this table with include/aziotdps.h.
$NativeHandle = [IntPtr]
$NativeRequest = @([IntPtr], [byte[]], [UIntPtr])
$NativeFunctions = [ordered]@{
    aziotdps_abi_version               = [uint32], @()
    aziotdps_version                   = $NativeHandle, @()
    aziotdps_session_new               = $NativeHandle, @()
    aziotdps_session_free              = [void], @($NativeHandle)
    aziotdps_session_connect           = $NativeHandle, $NativeRequest
    aziotdps_enrollment_get            = $NativeHandle, $NativeRequest
    aziotdps_enrollment_list           = $NativeHandle, $NativeRequest
    aziotdps_enrollment_new            = $NativeHandle, $NativeRequest
    aziotdps_enrollment_set            = $NativeHandle, $NativeRequest
    aziotdps_enrollment_remove         = $NativeHandle, $NativeRequest
    aziotdps_enrollment_group_get      = $NativeHandle, $NativeRequest
    aziotdps_enrollment_group_list     = $NativeHandle, $NativeRequest
    aziotdps_enrollment_group_new      = $NativeHandle, $NativeRequest
    aziotdps_enrollment_group_set      = $NativeHandle, $NativeRequest
    aziotdps_enrollment_group_remove   = $NativeHandle, $NativeRequest
    aziotdps_registration_get          = $NativeHandle, $NativeRequest
    aziotdps_registration_remove       = $NativeHandle, $NativeRequest
    aziotdps_attestation_get           = $NativeHandle, $NativeRequest
    aziotdps_device_key_derive         = $NativeHandle, $NativeRequest
    aziotdps_service_get               = $NativeHandle, $NativeRequest
    aziotdps_service_list              = $NativeHandle, $NativeRequest
    aziotdps_service_connection_string = $NativeHandle, $NativeRequest
    aziotdps_operation_next            = [int], @($NativeHandle, [uint32], [IntPtr].MakeByRefType())
    aziotdps_operation_cancel          = [void], @($NativeHandle)
    aziotdps_operation_free            = [void], @($NativeHandle)
}

# Where the package puts what is built for this machine.
function Get-NativeFolder {
    $system = 'linux'
    if ($IsWindows) { $system = 'win' } elseif ($IsMacOS) { $system = 'osx' }
    $architecture = [Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture.ToString().ToLowerInvariant()
    Join-Path (Split-Path $PSScriptRoot) 'runtimes' "$system-$architecture" 'native'
}

function Get-NativeLibraryPath {
    if ($env:AZIOTDPS_LIBRARY) { return $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($env:AZIOTDPS_LIBRARY) }
    $file = 'libaziotdps.so'
    if ($IsWindows) { $file = 'aziotdps.dll' } elseif ($IsMacOS) { $file = 'libaziotdps.dylib' }
    Join-Path (Get-NativeFolder) $file
}

# Binds the table to the library at Path. No compiler is started: about 50 ms, where Add-Type takes half a second or more.
function Import-NativeLibrary([string] $Path) {
    $advice = 'The environment variable AZIOTDPS_LIBRARY may name another.'
    if (-not (Test-Path -LiteralPath $Path -PathType Leaf)) { throw "The native library of AzIoTDps is not there: $Path. $advice" }
    try { $null = [Runtime.InteropServices.NativeLibrary]::Load($Path) }
    catch { throw "The native library of AzIoTDps cannot be loaded: $Path. $($_.Exception.Message) $advice" }

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
    if ($major -ne $NativeAbi.Major -or $minor -lt $NativeAbi.Minor) {
        throw "The native library at $Path has ABI $major.$minor, this module needs $($NativeAbi.Major).$($NativeAbi.Minor). $advice"
    }
    $library
}
