/**
 * Names of Windows API calls as Cuckoo's and CAPE's monitors and Speakeasy spell them, without the charset suffix: those
 * that occur in real reports of these sandboxes and in the public data sets MalbehavD-V1 and mal-api-2019. They serve
 * to recognise a name in another case, as some data sets write all names in lower case.
 */

/** Names that come in an `A` and a `W` variant. */
export const CHARSET_NAMES: readonly string[] = words(`
  CertOpenSystemStore CharNext CopyFile CopyFileEx CreateActCtx CreateDirectory CreateDirectoryEx
  CreateFile CreateJobObject CreateProcessInternal CreateService CreateWindowEx CryptAcquireContext
  DeleteFile DeleteUrlCacheEntry DnsQuery DrawTextEx EnumServicesStatus FindFirstFileEx FindResource
  FindResourceEx FindWindow FindWindowEx FormatMessage GetCommandLine GetComputerName GetComputerNameEx
  GetCurrentDirectory GetDiskFreeSpace GetDiskFreeSpaceEx GetFileAttributes GetFileAttributesEx
  GetFileVersionInfo GetFileVersionInfoEx GetFileVersionInfoSize GetFileVersionInfoSizeEx GetLocaleInfo
  GetMessage GetModuleFileName GetModuleHandle GetShortPathName GetStartupInfo GetSystemDirectory
  GetSystemWindowsDirectory GetTempPath GetUserName GetUserNameEx GetVersionEx GetVolumeInformationByHandle
  GetVolumeNameForVolumeMountPoint GetVolumePathName GetVolumePathNamesForVolumeName HttpOpenRequest
  HttpQueryInfo HttpSendRequest InternetConnect InternetCrackUrl InternetGetConnectedStateEx InternetOpen
  InternetOpenUrl InternetQueryOption InternetSetOption LoadLibrary LoadLibraryEx LoadString
  LookupAccountSid LookupPrivilegeValue MessageBoxTimeout Module32First Module32Next MoveFileWithProgress
  OpenSCManager OpenService OutputDebugString PostMessage PostThreadMessage Process32First Process32Next
  RasConnectionNotification RegCreateKeyEx RegDeleteKey RegDeleteValue RegEnumKey RegEnumKeyEx RegEnumValue
  RegOpenKeyEx RegQueryInfoKey RegQueryValueEx RegSetValueEx RegisterClass RemoveDirectory SHGetFileInfo
  SHGetFolderPath SearchPath SendNotifyMessage SetFileAttributes SetWindowsHookEx SetupDiGetClassDevs
  SetupDiGetDeviceRegistryProperty ShellExecuteEx StartService StrCmpNIC SystemParametersInfo
  URLDownloadToFile WNetGetProviderName WSASocket WriteConsole lstrcat lstrcmp lstrcpy lstrcpyn lstrlen
`)

/** Names that come in one variant only. */
export const PLAIN_NAMES: readonly string[] = words(`
  BCryptImportKey COleScript_ParseScriptText CertControlStore CertCreateCertificateContext CertOpenStore
  ChangeWindowMessageFilter CloseHandle CoCreateInstance CoCreateInstanceEx CoGetClassObject CoInitialize
  CoInitializeEx CoInitializeSecurity CoUninitialize ConnectEx ControlService CreateRemoteThread
  CreateRemoteThreadEx CreateThread CreateToolhelp32Snapshot CryptCreateHash CryptDecodeObjectEx
  CryptDecrypt CryptEncrypt CryptExportKey CryptGenKey CryptGenRandom CryptHashData CryptProtectData
  CryptProtectMemory CryptUnprotectData CryptUnprotectMemory DecryptMessage DeleteCriticalSection
  DeviceIoControl DllLoadNotification EncryptMessage EnterCriticalSection EnumWindows ExitProcess
  ExitThread ExitWindowsEx GetAdaptersAddresses GetAdaptersInfo GetAsyncKeyState GetBestInterfaceEx
  GetCurrentProcessId GetCurrentThreadId GetCursorPos GetFileInformationByHandle
  GetFileInformationByHandleEx GetFileSize GetFileSizeEx GetFileType GetForegroundWindow GetKeyState
  GetKeyboardLayout GetKeyboardState GetKeyboardType GetLastError GetLastInputInfo GetLocalTime
  GetNativeSystemInfo GetProcAddress GetProcessHeap GetStdHandle GetSystemInfo GetSystemMetrics
  GetSystemTime GetSystemTimeAsFileTime GetThreadLocale GetTickCount GetTimeZoneInformation GetVersion
  GlobalMemoryStatus GlobalMemoryStatusEx HeapAlloc HeapCreate HeapFree IWbemServices_ExecMethod
  IWbemServices_ExecQuery InitializeCriticalSection InternetCloseHandle InternetGetConnectedState
  InternetReadFile InternetSetStatusCallback InternetWriteFile IsDebuggerPresent LdrGetDllHandle
  LdrGetProcedureAddress LdrGetProcedureAddressForCaller LdrLoadDll LdrUnloadDll LeaveCriticalSection
  LoadResource LocalAlloc LocalFree LockResource LsaOpenPolicy MsgWaitForMultipleObjectsEx NSPStartup
  NetGetJoinInformation NetShareEnum NetUserGetInfo NetUserGetLocalGroups NtAllocateVirtualMemory NtClose
  NtCreateEvent NtCreateFile NtCreateKey NtCreateMutant NtCreateNamedPipeFile NtCreateSection
  NtCreateThreadEx NtCreateUserProcess NtDelayExecution NtDeleteKey NtDeleteValueKey NtDeviceIoControlFile
  NtDuplicateObject NtEnumerateKey NtEnumerateValueKey NtFindAtom NtFreeVirtualMemory NtGetContextThread
  NtLoadDriver NtMapViewOfSection NtOpenDirectoryObject NtOpenEvent NtOpenFile NtOpenKey NtOpenKeyEx
  NtOpenMutant NtOpenProcess NtOpenProcessToken NtOpenSection NtOpenThread NtProtectVirtualMemory
  NtQueryAttributesFile NtQueryDirectoryFile NtQueryFullAttributesFile NtQueryInformationFile
  NtQueryInformationThread NtQueryInformationToken NtQueryKey NtQueryLicenseValue NtQueryMultipleValueKey
  NtQuerySystemInformation NtQuerySystemTime NtQueryValueKey NtQueueApcThread NtReadFile
  NtReadVirtualMemory NtReleaseMutant NtResumeThread NtSaveKeyEx NtSetContextThread NtSetInformationFile
  NtSetInformationProcess NtSetTimer NtSetTimerEx NtSetValueKey NtSuspendThread NtTerminateProcess
  NtTerminateThread NtUnmapViewOfSection NtUnmapViewOfSectionEx NtWaitForSingleObject NtWriteFile
  NtWriteVirtualMemory NtYieldExecution ObtainUserAgentString OleInitialize QueryPerformanceCounter
  ReadCabinetState ReadFile ReadProcessMemory RegCloseKey RegNotifyChangeKeyValue RegisterHotKey
  RtlAddVectoredContinueHandler RtlAddVectoredExceptionHandler RtlCreateUserThread RtlDecompressBuffer
  RtlDosPathNameToNtPathName_U RtlRemoveVectoredExceptionHandler RtlSetCurrentTransaction
  SHGetKnownFolderPath SHGetSpecialFolderLocation SaferIdentifyLevel ScriptIsComplex SetEndOfFile
  SetErrorMode SetFileInformationByHandle SetFilePointer SetFilePointerEx SetFileTime
  SetInformationJobObject SetStdHandle SetUnhandledExceptionFilter SizeofResource SslDecryptPacket
  SslEncryptPacket TaskDialog Thread32First Thread32Next UnhookWindowsHookEx UuidCreate VarBstrCat
  VirtualAlloc VirtualFree VirtualProtectEx WSACleanup WSAConnect WSARecv WSASend WSAStartup WinHttpConnect
  WinHttpGetIEProxyConfigForCurrentUser WinHttpGetProxyForUrl WinHttpOpen WinHttpOpenRequest
  WinHttpQueryHeaders WinHttpReceiveResponse WinHttpSendRequest WinHttpSetOption WinHttpSetTimeouts
  WriteProcessMemory __p__commode __p__fmode __set_app_type _controlfp _initterm accept bind closesocket
  connect gethostbyname gethostname getsockname htons inet_addr inet_ntoa ioctlsocket listen memcpy recv
  recvfrom select send sendto setsockopt shutdown socket srand timeGetTime
`)

/**
 * Other names of the same call: methods of one COM interface (Cuckoo: sigs/wmi.rst of cuckoosandbox/monitor; CAPE:
 * hook_wmi.c of kevoreilly/capemon), and Winsock's ANSI variants (`#define GetAddrInfoA getaddrinfo` in ws2tcpip.h).
 */
export const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['WMI_ExecQuery', 'IWbemServices_ExecQuery'],
  ['WMI_ExecQueryAsync', 'IWbemServices_ExecQueryAsync'],
  ['WMI_ExecMethod', 'IWbemServices_ExecMethod'],
  ['WMI_ExecMethodAsync', 'IWbemServices_ExecMethodAsync'],
  ['GetAddrInfoA', 'getaddrinfo'],
  ['FreeAddrInfoA', 'freeaddrinfo'],
  ['GetNameInfoA', 'getnameinfo'],
  ['InetNtopA', 'inet_ntop'],
  ['InetPtonA', 'inet_pton'],
])

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
