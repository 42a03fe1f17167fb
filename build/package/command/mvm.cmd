@echo off
if not defined NODE_COMPILE_CACHE set "NODE_COMPILE_CACHE=%LOCALAPPDATA%\mvm-compiled"
"%~dp0..\runtime\node.exe" "%~dp0..\lib\cli.cjs" %*
