import type { DefinitionText } from '#app/_ui/popover.tsx'

/**
 * The words of attribution, each explained once: the console opens them by a dotted underline, the documentation lists
 * them. Metrics and dimensions are explained by the catalogue instead.
 */
export const GLOSSARY = {
  touchpoint: { title: 'Touchpoint', description: 'A click on an ad, or a view of one.' },
  click_window: {
    title: 'Click window',
    description: 'How long before an install a click may lie and still earn it, where an identifier ties the two.',
  },
  view_window: {
    title: 'View window',
    description: 'How long before an install an ad may have been seen and still earn it.',
  },
  match_type: {
    title: 'Match',
    description:
      'What ties a touchpoint to an install. Install referrer and click id name the click itself; a device id names the device or the person; probabilistic is a likelihood.',
  },
  probabilistic: {
    title: 'Probabilistic match',
    description:
      'Touchpoint and install share a network address and look like the same device. The likelihood falls with time and with everything else behind that address; below 80 % nothing is claimed.',
  },
  probabilistic_window: {
    title: 'Probabilistic window',
    description: 'How long before an install a touchpoint may lie and still be matched without an identifier.',
  },
  reinstall_window: {
    title: 'Reinstall window',
    description:
      'An install of a device that had the app within this time is a reinstall, counted apart from installs.',
  },
  inactivity_window: {
    title: 'Inactivity window',
    description:
      'How long a device must have sent nothing before its return by a click can count as a re-engagement, or its reinstall as a re-attribution. 0: returns are not counted, and re-attributions ask for no pause.',
  },
  reengagement: {
    title: 'Re-engagement',
    description: 'A device that was inactive comes back to the installed app by a click.',
  },
  reengagement_lookback: {
    title: 'Re-engagement window',
    description: 'How long before its return a click may lie and still have brought an inactive device back.',
  },
  reattribution: {
    title: 'Re-attribution',
    description: 'A reinstall of a device that had been inactive, won by a touchpoint of a retargeting campaign.',
  },
  retargeting: {
    title: 'Retargeting',
    description: 'Ads for people who have the app, or had it. A link says whether it belongs to such a campaign.',
  },
  order: {
    title: 'Order of deciding',
    description:
      'Where several touchpoints could have earned an install, they are compared step by step; the first step on which they differ decides.',
  },
  model: {
    title: 'Which of equals wins',
    description:
      'What the step Time of the order asks. Last touch: the most recent one wins, as in the whole field. First touch: the earliest.',
  },
  contributor: {
    title: 'Assisting touchpoint',
    description:
      'A touchpoint of another media source that also led to the install without winning it. Up to three are named, the most recent first.',
  },
  settled: {
    title: 'Settled',
    description:
      'Until then anything that arrives late decides the install again. Afterwards only a click or referrer that the install itself names does.',
  },
  superseded: {
    title: 'Superseded',
    description: 'Replaced by a later decision. It is never changed or deleted, so that it can still be read.',
  },
  web_to_app: {
    title: 'Web to app',
    description: 'The touchpoint happened on a web page, in a browser; the install happened in the app.',
  },
  network_claim: {
    title: 'Claim of a network',
    description:
      'A self-attributing network was asked about the install and says that one of its ads earned it. Its claim is compared like every other touchpoint.',
  },
  effective_from: {
    title: 'In force from',
    description:
      'Installs from this moment on follow the version; those before keep the version that was in force before.',
  },
} as const satisfies Record<string, DefinitionText>

/** A word that the glossary explains. */
export type GlossaryTerm = keyof typeof GLOSSARY
