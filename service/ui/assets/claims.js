// The service states claims in English, each of one of a few forms; here they are in the reader's language.

import { number, t } from './language.js';

const FORM = /^(Owns|Maintains|Works on|Contributed to) (\S+?)(?: \((.*)\))?$/;
const ROLES = { Owns: 'owns', Maintains: 'maintains', 'Works on': 'works', 'Contributed to': 'contributed' };

// The claim without the repository's name, which stands beside it.
export function claim({ claim: said, repo }) {
  if (repo === null) return t('claim.profile');
  const form = FORM.exec(said);
  if (!form) return said;
  const details = (form[3] ?? '').split(', ').filter(Boolean).map(detail);
  return [t(`claim.${ROLES[form[1]]}`), ...details].join(' · ');
}

function detail(written) {
  const counted = /^(\d+) (stars?|commits?)$/.exec(written);
  if (!counted) return written;
  return t(`claim.${counted[2].replace(/s$/, '')}s`, { count: Number(counted[1]), shown: number(Number(counted[1])) });
}
