// How the page is written: templates that make elements, and never markup out of text.

import { h } from './vendor/preact.js';
import htm from './vendor/htm.js';

export { Component, Fragment, render } from './vendor/preact.js';
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from './vendor/hooks.js';

export const html = htm.bind(h);
