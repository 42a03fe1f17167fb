/** Puts the service together and keeps it until it is idle or asked to end. */
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCatalog } from '../../images/catalog/catalog.ts';
import { Disks } from '../../images/disks.ts';
import { ImageLibrary } from '../../images/library.ts';
import { openStore } from '../../images/registry/store.ts';
import { removeUnfinishedDisks } from '../../images/rootfs/build-disk.ts';
import { expandEmptyDisk } from '../../images/systems/linux/empty-disk.ts';
import type { VersionInfo } from '../contract/types.ts';
import { VERSION } from '../contract/version.ts';
import { endStrayProbes } from '../engine/probe-guest.ts';
import { settles } from '../engine/settles.ts';
import { connectAgent } from '../guest/session.ts';
import { HostPorts } from '../machine/host-ports.ts';
import { Machines, type MachinesWorld } from '../machine/machines.ts';
import { cliOf } from '../machine/terminals/shell-environment.ts';
import { Terminals } from '../machine/terminals/terminals.ts';
import type { Clock } from '../machine/world.ts';
import { pageDoorsFile, serviceNote, serviceSocket, terminalPaths } from '../paths.ts';
import { findArtifacts, needArtifact } from './artifacts.ts';
import { callHandlers } from './calls.ts';
import type { Claim } from './claim.ts';
import { examine } from './doctor.ts';
import { Events } from './events.ts';
import { openHost } from './host.ts';
import { IdleWatch } from './idle.ts';
import { openLog } from './log.ts';
import { PageDoors } from './page-doors.ts';
import { serve } from './server.ts';
import { readSetting, readSettings } from './settings.ts';
import { streamHandlers } from './streams.ts';

/** How long machines whose program has ended may take to be gone, when the service ends for good, in ms. */
const CLOSING_MS = 5_000;

export interface ServiceOptions {
  claim: Claim;
  env: NodeJS.ProcessEnv;
  clock?: Clock;
}

const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

export interface Service {
  /** resolves when it has ended by itself or by `end`; its home is free then */
  ended: Promise<void>;
  end(why: string): Promise<void>;
  log(line: string): void;
}

/** Resolves when the service answers; it ends by itself. */
export async function startService({ claim, env, clock = systemClock }: ServiceOptions): Promise<Service> {
  const { paths, runFolder } = claim;
  const log = openLog(paths.serviceLog, clock.now);
  const catalog = openCatalog(paths.catalog);
  const artifacts = findArtifacts(env);
  const events = new Events();
  const host = openHost({ env, artifacts, paths, runFolder, log: log.line });
  await removeUnfinishedDisks(paths.disks);
  await endStrayProbes(runFolder);

  const store = await openStore(paths.layout);
  const images = new ImageLibrary({
    catalog,
    store,
    disks: new Disks({ paths, ...workerOption() }),
    baseImage: artifacts.baseImage ?? null,
    machines: () => machines.list(),
    now: clock.now,
    onChanged: (image) => events.imageChanged(image),
    onRemoved: (image) => events.imageRemoved(image),
  });
  const world: MachinesWorld = {
    paths,
    runFolder,
    clock,
    images,
    startDeadlineMs: () => readSetting(catalog.settings, 'startDeadlineMs'),
    clientGraceMs: () => readSetting(catalog.settings, 'clientGraceMs'),
    defaults: () => ({
      cpus: readSetting(catalog.settings, 'cpus'),
      memoryBytes: readSetting(catalog.settings, 'memoryBytes'),
      network: readSetting(catalog.settings, 'network'),
    }),
    engine: host.engine,
    accelerator: async () => (await host.probe()).chosen,
    ports: new HostPorts(),
    connectAgent,
    makeMachineDisk: async (path, kind) => {
      if (existsSync(path)) return;
      const compact = needArtifact(artifacts, kind === 'kept' ? 'emptyDisk' : 'scratchDisk');
      expandEmptyDisk(compact, path, { durable: kind === 'kept' });
    },
    publish: (machine) => events.machineChanged(machine),
    created: (machine) => catalog.machines.put(machine),
    removed: ({ id }) => {
      catalog.machines.remove(id);
      events.machineRemoved(id);
    },
    begun: (run) => {
      const entry = catalog.history.start(run);
      events.historyChanged(entry);
      return entry;
    },
    finished: (row, machine, exit) => {
      const entry = row === null ? null : catalog.history.finish(row, exit.code, machine.timeline.exited ?? 0);
      if (entry) events.historyChanged(entry);
    },
    log: log.line,
  };
  const machines = new Machines(world);
  if (catalog.setAside)
    log.line(`the catalog was damaged; it is kept as ${catalog.setAside} and rebuilt from what is on disk`);
  await images.reconcile();
  const version = describeOurselves(paths.home);
  const note = serviceNote(runFolder);
  const writeNote = (text: object) => writeFileSync(note, JSON.stringify(text), { mode: 0o600 });
  const { promise: ended, resolve: announceEnd } = Promise.withResolvers<void>();
  let ending = false;
  const end = async (why: string, successor: string | null = null): Promise<void> => {
    if (ending) return ended;
    ending = true;
    log.line(`the service ends: ${why}`);
    idle.stop();
    // Clients that lose their connection now shall start the successor, not this program again.
    if (successor !== null) writeNote({ ...version, successor });
    // An engine that is just going has nobody to see to it until the next service, which may never come.
    if (successor === null) await settles(machines.closed(), CLOSING_MS);
    terminals.release();
    machines.releaseAll();
    await pages.end();
    await server.close();
    // Whoever waits for what it tries is gone by now, and asks the next service.
    await host.end();
    if (successor === null) rmSync(note, { force: true });
    catalog.close();
    claim.release();
    announceEnd();
  };
  const afterMs = readSetting(catalog.settings, 'idleMs');
  let serves = false;
  const isBusy = () => !serves || machines.busy;
  /** Whoever is just connecting would lose a request of which nobody knows how far it came: it is let in first. */
  const endUnlessAsked = async (): Promise<void> => {
    await server.hide();
    if (ending) return;
    if (idle.clients === 0 && !isBusy()) return end('it was idle');
    server.show();
    idle.again();
  };
  const idle = new IdleWatch({ afterMs, busy: isBusy, onIdle: () => void endUnlessAsked() });
  const { file, bin } = terminalPaths(runFolder);
  const terminals = new Terminals({
    machines,
    shells: { env, home: paths.home, bin, cli: cliOf(version.entry) },
    cwd: env.HOME ?? paths.home,
    file,
    now: clock.now,
    changed: (terminal) => events.terminalChanged(terminal),
    removed: (id) => events.terminalRemoved(id),
    hold: (what) => idle.hold(what),
    log: log.line,
  });
  const { promise: ready, resolve: adopted } = Promise.withResolvers<void>();
  // Before the door opens: whoever finds it open and no note takes the service for an older mvm's.
  writeNote(version);
  const handling = {
    version: VERSION,
    idle,
    ready,
    log: log.line,
    calls: callHandlers({
      paths,
      machines,
      images,
      terminals,
      catalog,
      events,
      version,
      underWay: () => idle.underWay,
      page: { open: () => pages.open(), close: () => pages.close() },
      doctor: () => examine({ home: paths.home, artifacts, setAside: catalog.setAside, ...host }),
      // After the answer is on its way.
      shutdown: (successor) => void setTimeout(() => void end('it was asked to', successor), 50),
    }),
    streams: streamHandlers({
      paths,
      machines,
      images,
      events,
      idle,
      terminals,
      snapshot: () => ({
        version,
        settings: readSettings(catalog.settings),
        machines: machines.list(),
        images: images.list(),
        terminals: terminals.list(),
      }),
    }),
  };
  const closesAfterMs = readSetting(catalog.settings, 'pageIdleMs');
  const pages = new PageDoors({
    ...handling,
    folder: pageFolder(),
    file: pageDoorsFile(runFolder),
    now: clock.now,
    closesAfterMs,
  });
  const server = await serve({ ...handling, socketPath: serviceSocket(runFolder) });
  // After the door is open, for a guest that does not answer takes its time, and clients give up on a closed one.
  await machines.adoptAll();
  catalog.machines.replaceAll(machines.list());
  await images.tidy().catch((error) => log.line(`images cannot be tidied: ${error.message}`));
  terminals.restore();
  adopted();
  await pages.comeBack();
  serves = true;
  log.line(`mvm ${VERSION} serves ${paths.home} with ${machines.live} running machines`);
  return { ended, end, log: log.line };
}

function describeOurselves(home: string): VersionInfo {
  const entry = process.argv[1] ?? '';
  const builtAt = statSync(entry).mtimeMs;
  return { version: VERSION, runtime: process.version, pid: process.pid, home, entry, builtAt };
}

/** The window's page lies beside the service's bundle. */
function pageFolder(): string {
  const places = ['./renderer/', '../../.build/renderer/'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  return places.find((place) => existsSync(place)) ?? (places[0] as string);
}

/** The disk writer's bundle lies beside the service's; run from source, the source serves. */
function workerOption(): { workerUrl?: URL } {
  const bundled = new URL('./erofs-worker.mjs', import.meta.url);
  return existsSync(bundled) ? { workerUrl: bundled } : {};
}
