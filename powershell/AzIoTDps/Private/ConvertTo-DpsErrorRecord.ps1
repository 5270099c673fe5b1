# The library's error as PowerShell's: its code is the id, its help the recommended action, and the whole record is in the exception's Data.
function ConvertTo-DpsErrorRecord([Collections.IDictionary] $Failure) {
    $category = [Management.Automation.ErrorCategory]::NotSpecified
    $null = [Enum]::TryParse([string] $Failure['category'], $true, [ref] $category)
    $exception = [InvalidOperationException]::new([string] $Failure['message'])
    $exception.Data['AzIoTDps'] = $Failure
    $record = [Management.Automation.ErrorRecord]::new($exception, [string] $Failure['code'], $category, $Failure['target'])
    $record.ErrorDetails = [Management.Automation.ErrorDetails]::new([string] $Failure['message'])
    $record.ErrorDetails.RecommendedAction = [string] $Failure['help']
    $record
}
