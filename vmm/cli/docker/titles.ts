/** The fields of docker's templates that our rows have, each with its title in `table {{…}}`. */

export const MACHINE_TITLES = {
  ID: 'CONTAINER ID',
  Names: 'NAMES',
  Image: 'IMAGE',
  Command: 'COMMAND',
  CreatedAt: 'CREATED AT',
  RunningFor: 'CREATED',
  State: 'STATE',
  Status: 'STATUS',
  Ports: 'PORTS',
  Labels: 'LABELS',
  Networks: 'NETWORKS',
  Mounts: 'MOUNTS',
};

export const IMAGE_TITLES = {
  ID: 'IMAGE ID',
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  Size: 'SIZE',
  Platform: 'PLATFORM',
  Labels: 'LABELS',
};

export const STATS_TITLES = {
  Container: 'CONTAINER',
  ID: 'CONTAINER ID',
  Name: 'NAME',
  CPUPerc: 'CPU %',
  MemUsage: 'MEM USAGE / LIMIT',
  MemPerc: 'MEM %',
  PIDs: 'PIDS',
  Disk: 'DISK',
};
