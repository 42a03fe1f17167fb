/**
 * One change to node-pty's source for Linux: the pseudo terminal's end that types is closed in other programs.
 *
 * forkpty(3) leaves it open across exec. An engine that starts while a shell is open would inherit it: a guest that
 * breaks out could type into that shell, and the shell would outlive the service that it ends with.
 */
export function closeOnExec(source: string): string {
  if (source.split(PLACE).length !== 2) throw new Error(`node-pty's pty.cc is not what it was: ${PLACE.trim()}`);
  return source.replace(PLACE, `      fcntl(master, F_SETFD, FD_CLOEXEC);\n${PLACE}`);
}

/** After the fork, in the parent: the only one of its kind that throws in `napiEnv`. */
const PLACE = `      if (pty_nonblock(master) == -1) {
        throw Napi::Error::New(napiEnv, "Could not set master`;
