/**
 * The one device table of every Linux machine, in slot order. A template holds these devices' state, so a machine
 * that lacked one, or had it elsewhere, could not become another. A slot is a virtio bus of the machine type; the
 * engine adds folders and volumes from `firstFreeSlot` on.
 */
export const linuxDevices = [
	{ kind: "port", id: "agent", slot: 0, name: "agent" },
	{
		kind: "disk",
		id: "image",
		slot: 1,
		node: "d0",
		readOnly: true,
		guestPath: "/dev/vda",
		serial: "mvm-image",
	},
	{
		kind: "disk",
		id: "machine",
		slot: 2,
		node: "d1",
		readOnly: false,
		guestPath: "/dev/vdb",
		serial: "mvm-machine",
	},
	{ kind: "net", id: "net", slot: 3, guestName: "eth0" },
	{
		kind: "balloon",
		id: "balloon",
		slot: 4,
		freePageReporting: true,
		deflateOnOom: true,
	},
	{ kind: "rng", id: "rng", slot: 5 },
] as const satisfies readonly SystemDevice[];

/** The machine types we use have eight virtio buses. */
export const firstFreeSlot: number = linuxDevices.length;

export type SystemDevice = {
	/** unique in its machine; the engine's name for the device */
	id: string;
	/** number of its virtio bus */
	slot: number;
} & (
	| {
			kind: "port" /** what the guest's /sys/class/virtio-ports says */;
			name: string;
	  }
	| {
			kind: "disk";
			/** block node that is exchanged when a clone becomes another image */
			node: string;
			/** fixed when a template is made; writable disks discard with unmap */
			readOnly: boolean;
			guestPath: string;
			/** at most 20 bytes, in the guest's /sys/block */
			serial: string;
	  }
	| { kind: "net"; guestName: string }
	| { kind: "balloon"; freePageReporting: boolean; deflateOnOom: boolean }
	| { kind: "rng" }
);
