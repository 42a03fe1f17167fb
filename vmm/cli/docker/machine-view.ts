/**
 * A machine for `inspect --format`: our JSON, and beside it the fields that `docker inspect` has, so that
 * `{{.State.Status}}` works as well as `{{.state.name}}`. Docker's are inherited: `{{json .}}` prints ours alone.
 */
import type { Machine, MachineSpec, MachineState, PublishedPort } from '../../contract/types.ts';
import { fields } from '../template/values.ts';
import { timeText } from './amounts.ts';
import { isOpen } from './machine-row.ts';
import { dockerState } from './state.ts';

export const machineView = (machine: Machine): object => Object.assign(Object.create(dockerView(machine)), machine);

function dockerView(machine: Machine): object {
  const { id, name, spec, created } = machine;
  const [path = '', ...args] = spec.process.argv;
  return fields({
    Id: id,
    Created: timeText(created),
    Path: path,
    Args: args,
    State: stateView(machine),
    Image: spec.imageDigest,
    Name: `/${name}`,
    Config: configView(spec),
    HostConfig: hostView(machine),
    NetworkSettings: fields({ Ports: bindings(isOpen(machine) ? machine.ports : []) }),
  });
}

function stateView({ state, timeline }: Machine): object {
  const started = timeline.programStarted === undefined ? null : timeline.requestedAt + timeline.programStarted;
  return fields({
    Status: dockerState(state),
    Running: ['running', 'paused', 'stopping'].includes(state.name),
    Paused: state.name === 'paused',
    Restarting: false,
    OOMKilled: false,
    Dead: state.name === 'failed',
    ExitCode: state.name === 'stopped' ? state.exit.code : 0,
    Error: state.name === 'failed' ? state.error.message : '',
    StartedAt: timeText(started),
    FinishedAt: timeText(endOf(state)),
  });
}

function endOf(state: MachineState): number | null {
  if (state.name === 'stopped') return state.exit.at;
  return state.name === 'failed' ? state.at : null;
}

function configView({ hostname, process, labels, image, stopSignal, stopGraceMs }: MachineSpec): object {
  return fields({
    Hostname: hostname,
    User: process.user,
    Tty: process.tty,
    OpenStdin: process.stdin,
    Env: process.env,
    Cmd: process.argv,
    Image: image,
    WorkingDir: process.cwd,
    Labels: labels,
    StopSignal: stopSignal,
    StopTimeout: stopGraceMs === null ? null : stopGraceMs / 1000,
  });
}

function hostView({ spec }: Machine): object {
  return fields({
    NetworkMode: spec.network,
    AutoRemove: spec.ephemeral,
    Init: spec.init,
    NanoCpus: (spec.cpuMillis ?? spec.vcpus * 1000) * 1_000_000,
    Memory: spec.memoryBytes,
    ReadonlyRootfs: spec.readOnlyRoot,
    ExtraHosts: spec.extraHosts.map(({ name, address }) => `${name}:${address}`),
    Tmpfs: Object.fromEntries(spec.tmpfs.map(({ path, options }) => [path, options.join(',')])),
    Ulimits: spec.process.ulimits.map(({ name, soft, hard }) => fields({ Name: name, Soft: soft, Hard: hard })),
    ShmSize: spec.shmBytes ?? spec.memoryBytes / 2,
    GroupAdd: spec.process.groups,
    Dns: spec.dns.servers,
    DnsSearch: spec.dns.search,
    DnsOptions: spec.dns.options,
    Sysctls: spec.sysctls,
    PortBindings: bindings(spec.ports),
  });
}

/** `{ '80/tcp': [{ HostIp, HostPort }] }`. */
function bindings(ports: PublishedPort[]): Record<string, object[]> {
  const found: Record<string, object[]> = {};
  for (const { guestPort, protocol, hostAddress, hostPort } of ports) {
    const binding = { HostIp: hostAddress, HostPort: String(hostPort) };
    found[`${guestPort}/${protocol}`] = [...(found[`${guestPort}/${protocol}`] ?? []), binding];
  }
  return found;
}
