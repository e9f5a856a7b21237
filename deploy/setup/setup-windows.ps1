# First-time set-up on Windows: git and Python with winget, the environment (DVC is in it), the storage, the data that
# this commit records. May be run again: what is there is left alone. `make run` and `dvc repro` want WSL, where
# setup-linux.sh is the script to run; everything else works as `.venv\Scripts\vivier ...`.
[CmdletBinding()]
param(
    [switch]$Yes,
    [string]$Url = $env:VIVIER_DVC_URL,
    [string]$Endpoint = $env:VIVIER_S3_ENDPOINT,
    [switch]$CreateBucket,
    [switch]$ReadOnly,
    [switch]$NoData
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Invoke-Checked {
    param([string]$Program, [string[]]$Arguments)
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program $($Arguments -join ' ') failed ($LASTEXITCODE)." }
}

function Install-WithWinget {
    param([string]$Id, [string]$Name)
    if (-not (Get-Command winget -ErrorAction SilentlyContinue)) {
        throw "$Name is missing, and so is winget; install $Name by hand and run this again."
    }
    Write-Host "Installing $Name."
    Invoke-Checked winget @('install', '--id', $Id, '--exact', '--silent',
        '--accept-package-agreements', '--accept-source-agreements')
    # What was installed is on the PATH of new processes only.
    $env:Path = [Environment]::GetEnvironmentVariable('Path', 'Machine') + ';' +
        [Environment]::GetEnvironmentVariable('Path', 'User')
}

function Find-Python {
    foreach ($candidate in @(@('py', '-3.13'), @('py', '-3.12'), @('py', '-3.11'), @('python'))) {
        if (-not (Get-Command $candidate[0] -ErrorAction SilentlyContinue)) { continue }
        $program = $candidate[0]
        $options = @($candidate | Select-Object -Skip 1)
        & $program @options -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>$null
        if ($LASTEXITCODE -eq 0) { return , $candidate }
    }
    return $null
}

if (-not (Get-Command git -ErrorAction SilentlyContinue)) { Install-WithWinget 'Git.Git' 'git' }
$python = Find-Python
if ($null -eq $python) {
    Install-WithWinget 'Python.Python.3.12' 'Python'
    $python = Find-Python
    if ($null -eq $python) { throw 'Python 3.11 or newer is not found; open a new terminal and run this again.' }
}

Set-Location (Join-Path $PSScriptRoot '..\..')
& git rev-parse --is-inside-work-tree *> $null
if ($LASTEXITCODE -ne 0) { throw 'This is no git checkout, and versions of the data belong to commits: clone the project.' }

# What `make setup` does, step by step.
$bin = '.venv\Scripts'
if (-not (Test-Path "$bin\python.exe")) {
    Invoke-Checked $python[0] (@($python | Select-Object -Skip 1) + @('-m', 'venv', '.venv'))
}
$stamp = '.venv\.windows-installed'
$lock = (Get-FileHash requirements.lock).Hash
if (-not (Test-Path $stamp) -or (Get-Content $stamp) -ne $lock) {
    Write-Host 'Installing the locked dependencies into .venv (the first time takes some minutes).'
    $pip = @('-m', 'pip', '--disable-pip-version-check', '--quiet', 'install')
    Invoke-Checked "$bin\python.exe" ($pip + @('torch==2.13.0'))
    Invoke-Checked "$bin\python.exe" ($pip + @('--no-deps', '--no-compile', '--require-hashes', '-r', 'requirements.lock'))
    Invoke-Checked "$bin\python.exe" ($pip + @('setuptools'))
    Invoke-Checked "$bin\python.exe" ($pip + @('--no-deps', '--no-build-isolation', '--editable', '.'))
    Set-Content $stamp $lock
}

if (-not (& git config user.name) -or -not (& git config user.email)) {
    Write-Host 'git does not know who you are yet: git config --global user.name ...; git config --global user.email ...'
}
if ($NoData) {
    Write-Host "The project is set up; '$bin\vivier run' starts it."
    exit 0
}

if (-not $Url -and -not $env:VIVIER_S3_BUCKET -and -not $Yes) {
    $Url = Read-Host 'Where are versions of the data kept (s3://bucket/prefix, empty: nowhere yet)?'
    if ($Url -and -not $Endpoint) {
        $Endpoint = Read-Host 'The address of the S3 server (http://... or https://..., empty: AWS)?'
    }
}
$isNoted = (Test-Path .dvc\config.local) -and (Select-String -Quiet 'url = s3://' .dvc\config.local)
if (-not $Url -and -not $env:VIVIER_S3_BUCKET -and -not $isNoted) {
    Write-Host "The project is set up, without a storage: 'vivier data init --url s3://bucket/prefix' names one."
    exit 0
}

$arguments = @('data', 'init')
if ($Url) { $arguments += @('--url', $Url) }
if ($Endpoint) { $arguments += @('--endpoint', $Endpoint) }
if ($CreateBucket) { $arguments += '--create-bucket' }
if ($ReadOnly) { $arguments += '--read-only' }
Invoke-Checked "$bin\vivier.exe" $arguments
if (Test-Path dvc.lock) {
    Invoke-Checked "$bin\vivier.exe" @('data', 'pull')
} else {
    Write-Host "No data is recorded yet: 'vivier scrape' collects some, 'vivier data push --commit' records and shares it."
}
