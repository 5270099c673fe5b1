# Runs one operation of the library to its end and writes what it yields through the calling cmdlet. The only place that pumps events.
function Invoke-DpsOperation {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Name,
        [Parameter(Mandatory)] [Collections.IDictionary] $Request,
        [Parameter(Mandatory)] [type] $OutputType,
        [Parameter(Mandatory)] [Management.Automation.PSCmdlet] $Caller
    )
    $isRecord = -not $OutputType.IsValueType -and $OutputType -ne [string]
    $hasState = $null -ne $OutputType.GetProperty('RegistrationState')
    $hasJson = $null -ne $OutputType.GetMethod('Read')
    $target = $Request['target']
    $progress = $null
    $bytes = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -InputObject $Request -Depth 100 -Compress -EnumsAsStrings))
    $operation = $Native::"aziotdps_$Name"($Session, $bytes, [UIntPtr]::new($bytes.Length))
    [array]::Clear($bytes)
    try {
        $pointer = [IntPtr]::Zero
        while ($true) {
            $kind = $Native::aziotdps_operation_next($operation, 100, [ref] $pointer)   # short waits: Ctrl+C is only seen between calls
            if ($kind -eq 0) { continue }
            if ($kind -eq 5) { break }
            if ($kind -lt 0) {
                $misuse = @{ code = 'Internal'; category = 'NotSpecified'; message = "aziotdps_operation_next answered $kind."; target = $Name; help = 'docs/troubleshooting.md#internal' }
                $Caller.ThrowTerminatingError((ConvertTo-DpsErrorRecord $misuse))
            }
            $json = [Runtime.InteropServices.Marshal]::PtrToStringUTF8($pointer)
            switch ($kind) {
                1 {
                    $notice = ConvertFrom-Json -InputObject $json -AsHashtable
                    $status = [string] $notice['status']
                    if (-not $status) { $status = ' ' }
                    $progress = [Management.Automation.ProgressRecord]::new(0, [string] $notice['activity'], $status)
                    if ($notice['totalItems']) {
                        $percent = 100 * $notice['completedItems'] / $notice['totalItems']
                        if ($percent -gt 100) { $percent = 100 }
                        $progress.PercentComplete = [int] $percent
                    }
                    $Caller.WriteProgress($progress)
                }
                2 {
                    $notice = ConvertFrom-Json -InputObject $json -AsHashtable
                    switch ([string] $notice['level']) {
                        'warning' { $Caller.WriteWarning($notice['text']) }
                        'debug' { $Caller.WriteDebug($notice['text']) }
                        default { $Caller.WriteVerbose($notice['text']) }
                    }
                }
                3 {
                    if ($OutputType -eq [psobject]) {
                        $Caller.WriteObject(@(ConvertFrom-Json -InputObject $json), $true)
                    } else {
                        $records = [Text.Json.JsonSerializer]::Deserialize($json, $OutputType.MakeArrayType(), $JsonOptions)
                        if ($isRecord) {
                            foreach ($record in $records) {
                                if ($hasJson) { $record.Read() }
                                if ($null -eq $target) { continue }
                                $Targets.AddOrUpdate($record, $target)
                                if ($hasState -and $null -ne $record.RegistrationState) { $Targets.AddOrUpdate($record.RegistrationState, $target) }
                            }
                        }
                        $Caller.WriteObject($records, $true)
                    }
                }
                4 {
                    $failure = ConvertFrom-Json -InputObject $json -AsHashtable
                    $record = ConvertTo-DpsErrorRecord $failure
                    if ($failure['terminating']) { $Caller.ThrowTerminatingError($record) }
                    $Caller.WriteError($record)
                }
            }
        }
        if ($null -ne $progress) {
            $progress.RecordType = 'Completed'
            $Caller.WriteProgress($progress)
        }
    } finally {
        $Native::aziotdps_operation_cancel($operation)
        $Native::aziotdps_operation_free($operation)
    }
}
