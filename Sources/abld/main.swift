internal import CLinux

exit(await Program(Array(CommandLine.arguments.dropFirst())).run())
