// The panel at the side: a dialog of the browser's own, which keeps the focus, closes on Escape and gives it back.

import { html, useLayoutEffect, useRef } from '../html.js';
import { t } from '../language.js';
import { get, set, useStored } from '../store.js';
import { Icon } from './icons.js';
import { Later } from './later.js';

const PANELS = {
  shortlist: ['../panels/shortlist.js', 'Shortlist'],
  compare: ['../panels/comparing.js', 'ComparedPeople'],
  similar: ['../panels/similar.js', 'SimilarPeople'],
  releases: ['../panels/releases.js', 'Releases'],
};

export const closePanel = () => set({ panel: null });

export function SidePanel() {
  const panel = useStored((state) => state.panel);
  if (!panel) return null;
  return html`<${Open} panel=${panel} />`;
}

function Open({ panel }) {
  const dialog = useRef();
  const heading = useRef();
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current.showModal();
    return () => {
      if (document.contains(before)) before.focus();
    };
  }, []);
  useLayoutEffect(() => heading.current.focus(), [panel.name]);
  const [module, name] = PANELS[panel.name];
  const onClick = (event) => event.target === dialog.current && closePanel(); // beside the panel
  return html`
    <dialog class=${`panel ${panel.name}`} ref=${dialog} aria-labelledby="panel-title"
      onClose=${() => get().panel && closePanel()} onClick=${onClick}>
      <div class="panel-inner">
        <div class="panel-top">
          <h2 id="panel-title" ref=${heading} tabindex="-1">${t(`${panel.name}.title`, { name: panel.title })}</h2>
          <button type="button" class="tool short" aria-label=${t('close')} onClick=${closePanel}><${Icon} name="close" /></button>
        </div>
        <div class="panel-body"><${Later} key=${panel.name} module=${module} name=${name} panel=${panel} /></div>
      </div>
    </dialog>
  `;
}
