// What the example programs do, call by call. See make.js for how a line is read.

const start = `
GetSystemTimeAsFileTime
NtAllocateVirtualMemory region_size=65536 protection=4
LdrGetDllHandle module_name=kernel32.dll
6 x LdrGetProcedureAddress module=kernel32.dll function_name=Fls{i}
SetUnhandledExceptionFilter
NtOpenKey regkey=HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows_NT\\CurrentVersion
NtQueryValueKey key_name=MachineGuid
NtClose
NtOpenSection section_name=user32.dll
NtMapViewOfSection section_handle=0x44
LdrLoadDll module_name=user32.dll
NtClose
`

const userInterface = `
GetSystemInfo
IsDebuggerPresent
CoInitializeEx
GetSystemMetrics index=0
GetSystemMetrics index=1
FindResourceExW type=RT_STRING name=1
LoadResource
8 x LoadStringW id={i}
CreateActCtxW
GetSystemWindowsDirectoryW
NtCreateMutant mutant_name=Local\\ExampleInstance
GetForegroundWindow
`

const input = `
10 x GetCursorPos; GetKeyState key_code={i}; DrawTextExW string=Line_{i}
GetForegroundWindow
`

const stop = `
CoUninitialize
LdrUnloadDll library=user32.dll
NtFreeVirtualMemory
NtTerminateProcess status_code=0
`

const editor = `${start.trim()}
${userInterface.trim()}
RegOpenKeyExW regkey=HKEY_CURRENT_USER\\Software\\ExampleEditor
4 x RegQueryValueExW value=Font{i}
RegCloseKey
NtOpenKeyEx regkey=HKEY_CURRENT_USER\\Control_Panel\\Desktop
NtEnumerateValueKey index=0
NtQueryKey
SHGetSpecialFolderLocation folder=5
SearchPathW filename=example.txt
NtCreateFile filepath=C:\\Users\\example\\Documents\\letter.txt
GetFileType
GetFileInformationByHandle
NtReadFile length=4096
SetFilePointer offset=0
NtClose
${input.trim()}
NtCreateFile filepath=C:\\Users\\example\\Documents\\letter.txt
NtWriteFile length=5120
SetEndOfFile
NtClose
RegOpenKeyExW regkey=HKEY_CURRENT_USER\\Software\\ExampleEditor
RegCloseKey
${stop.trim()}`

const viewer = `${start.trim()}
${userInterface.trim()}
NtOpenKeyEx regkey=HKEY_CLASSES_ROOT\\.zip
NtQueryKey
3 x NtEnumerateKey index={i}
NtEnumerateValueKey index=0
GlobalMemoryStatusEx
UuidCreate
CoGetClassObject clsid=example
NtOpenMutant mutant_name=Local\\ExampleViewer
SHGetSpecialFolderLocation folder=0
GetDiskFreeSpaceExW root_path=C:\\
NtCreateFile filepath=C:\\Users\\example\\Documents\\album.zip
GetFileSizeEx
GetFileInformationByHandle
12 x NtReadFile offset={i}
NtClose
NtQueryDirectoryFile dirpath=C:\\Users\\example\\Pictures
${input.trim()}
NtUnmapViewOfSection
${stop.trim()}`

const installer = `${start.trim()}
${userInterface.trim()}
GetTempPathW dirpath=C:\\Users\\example\\AppData\\Local\\Temp
GetDiskFreeSpaceExW root_path=C:\\
SearchPathW filename=setup.cab
LookupAccountSidW system_name=example
NtOpenProcess process_identifier=2000
NtOpenKeyEx regkey=HKEY_LOCAL_MACHINE\\Software\\ExampleInstaller
NtEnumerateKey index=0
NtEnumerateValueKey index=0
CreateJobObjectW
SetInformationJobObject
CreateDirectoryW dirpath=C:\\Program_Files\\Example
6 x NtCreateFile filepath=C:\\Program_Files\\Example\\part{i}.dll; NtWriteFile length=8192; SetEndOfFile; NtClose
RegCreateKeyExW regkey=HKEY_LOCAL_MACHINE\\Software\\Example
NtDeleteKey regkey=HKEY_LOCAL_MACHINE\\Software\\ExampleInstaller
RemoveDirectoryW dirpath=C:\\Users\\example\\AppData\\Local\\Temp\\example
RegCloseKey
${input.trim()}
${stop.trim()}`

const unpack = `
LdrGetProcedureAddress module=kernel32.dll function_name=VirtualProtect
NtAllocateVirtualMemory region_size=204800 protection=64
NtProtectVirtualMemory protection=64
RtlAddVectoredExceptionHandler
__exception__ exception_code=0xc0000005
GetNativeSystemInfo
NtDelayExecution milliseconds=60000
`

const stay = `
GetSystemDirectoryW
SetErrorMode mode=1
NtCreateFile filepath=C:\\Users\\example\\example.exe
GetFileSize
NtReadFile length=65536
NtClose
CopyFileA oldfilepath=C:\\Users\\example\\example.exe newfilepath=C:\\Users\\example\\AppData\\Roaming\\update.exe
SetFileAttributesW filepath=C:\\Users\\example\\AppData\\Roaming\\update.exe attributes=2
RegCreateKeyExA regkey=HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Run
RegSetValueExA value=C:\\Users\\example\\AppData\\Roaming\\update.exe
RegCloseKey
`

const encryptor = `
NtClose
LdrLoadDll module_name=advapi32.dll
3 x LdrGetProcedureAddress module=advapi32.dll function_name=Crypt{i}
${unpack.trim()}
${stay.trim()}
GetComputerNameW
NtQuerySystemInformation
CreateToolhelp32Snapshot
4 x Process32NextW process_name=process{i}.exe
CreateProcessInternalW command_line=example-delete-backups
CryptAcquireContextW
CryptCreateHash
GetVolumeNameForVolumeMountPointW
GetVolumePathNamesForVolumeNameW
GetVolumePathNameW
FindFirstFileExW filepath=C:\\Users\\example\\*
NtQueryDirectoryFile dirpath=C:\\Users\\example\\Documents
25 x NtCreateFile filepath=C:\\Users\\example\\Documents\\file{i}.docx; GetFileSize; NtReadFile length=65536; CryptEncrypt length=65536; NtWriteFile length=65536; NtClose; MoveFileWithProgressW newfilepath=C:\\Users\\example\\Documents\\file{i}.docx.example
NtCreateFile filepath=C:\\Users\\example\\Desktop\\READ_ME.txt
NtWriteFile length=1024
SendNotifyMessageW
NtTerminateProcess status_code=0`

const injector = `
NtClose
LdrLoadDll module_name=ntdll.dll
4 x LdrGetProcedureAddress module=ntdll.dll function_name=Nt{i}
${unpack.trim()}
${stay.trim()}
NtQuerySystemInformation
CreateToolhelp32Snapshot
Module32FirstW
5 x Process32NextW process_name=process{i}.exe
CreateProcessInternalW command_line=example-host.exe creation_flags=4
NtUnmapViewOfSection
NtAllocateVirtualMemory region_size=131072 protection=64
4 x WriteProcessMemory length=4096
NtGetContextThread
NtSetContextThread
NtResumeThread
NtClose`

const injected = `
NtProtectVirtualMemory protection=32
NtCreateMutant mutant_name=Global\\example
socket
gethostbyname hostname=c2.example
connect ip_address=192.0.2.1 port=443
3 x send length=128; NtDelayExecution milliseconds=5000
shutdown
closesocket`

const stealer = `
NtClose
LdrLoadDll module_name=wininet.dll
${unpack.trim()}
${stay.trim()}
GetComputerNameA
GetUserNameExA
GetAdaptersAddresses
NtQuerySystemInformation
GetVolumeNameForVolumeMountPointW
RegOpenKeyExA regkey=HKEY_CURRENT_USER\\Software\\ExampleMail
6 x RegEnumValueA index={i}
RegCloseKey
8 x NtCreateFile filepath=C:\\Users\\example\\AppData\\Local\\profile{i}\\logins; GetFileSize; NtReadFile length=4096; NtClose; CryptUnprotectData
SetWindowsHookExA hook_identifier=13
SendNotifyMessageA
CreateProcessInternalW command_line=example-collect
NtWriteFile length=16384
InternetOpenA user_agent=example
InternetConnectA hostname=drop.example port=80
HttpOpenRequestA path=/upload
HttpSendRequestA
InternetCloseHandle
NtDelayExecution milliseconds=60000`

/** The examples, in the order of their names. */
export const scenarios = [
  {
    name: 'archive-viewer',
    sandbox: 'cuckoo',
    score: 0.4,
    label: 'benign',
    gzip: true,
    processes: [{ name: 'viewer.exe', script: viewer }],
  },
  {
    name: 'file-encryptor',
    sandbox: 'cuckoo',
    score: 9.8,
    label: 'malicious',
    processes: [{ name: 'example.exe', script: encryptor }],
  },
  {
    name: 'information-stealer',
    sandbox: 'cuckoo',
    score: 8.2,
    label: 'malicious',
    processes: [{ name: 'example.exe', script: stealer }],
  },
  {
    name: 'installer',
    sandbox: 'cape',
    score: 1.2,
    label: 'benign',
    processes: [{ name: 'setup.exe', script: installer }],
  },
  { name: 'nothing-ran', sandbox: 'cape', score: 0, processes: [] },
  {
    name: 'process-injector',
    sandbox: 'cape',
    score: 8.9,
    label: 'malicious',
    processes: [
      { name: 'example.exe', script: injector },
      { name: 'example-host.exe', script: injected },
    ],
  },
  {
    name: 'text-editor',
    sandbox: 'cuckoo',
    score: 0.2,
    label: 'benign',
    processes: [{ name: 'editor.exe', script: editor }],
  },
]
