/** What the first picture of a window does not need: each is fetched when it is first shown, all once that is drawn. */
export const parts = {
  launcher: () => import('../views/LauncherView.svelte'),
  welcome: () => import('../views/Welcome.svelte'),
  machine: () => import('../views/machines/MachineDetail.svelte'),
  images: () => import('../views/images/ImagesView.svelte'),
  shells: () => import('../views/ShellsView.svelte'),
  settings: () => import('../views/settings/SettingsView.svelte'),
  dialogs: () => import('../views/dialogs/Dialogs.svelte'),
};

/** A page whose service dies, or whose mvm is replaced by a newer one, has all it will show. */
export async function fetchParts(): Promise<void> {
  await Promise.all(Object.values(parts).map((fetch) => fetch()));
}
