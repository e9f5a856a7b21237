// Looks now and then whether the same release still answers. Nothing on the page moves because of it.

import * as api from './api.js';
import { set } from './store.js';

const EVERY_MS = 15_000;

export function watch() {
  look();
  setInterval(() => document.visibilityState === 'visible' && look(), EVERY_MS);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look());
  window.addEventListener('online', look);
  window.addEventListener('offline', () => set({ isOnline: false }));
}

export async function look() {
  try {
    const serving = await api.serving();
    set({ serving, isOnline: true });
    await askHealth();
  } catch (problem) {
    set({ isOnline: problem.status !== 0 });
  }
}

// How many people there are, and who does not answer when the service is degraded.
async function askHealth() {
  try {
    set({ health: await api.health() });
  } catch {
    set({ health: null });
  }
}

// Another release answers now than the one that the list came from.
export function hasOtherRelease({ serving, search }) {
  return Boolean(serving?.release && search.answer && serving.release.id !== search.answer.release.id);
}
