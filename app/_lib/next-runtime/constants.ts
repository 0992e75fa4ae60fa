/**
 * The constants of Next that its browser runtime reads, with Next's own values (a test compares them). Next's file holds
 * a hundred more, mostly messages of its build, and every page would load them.
 */
export const NEXT_QUERY_PARAM_PREFIX = 'nxtP'
export const NEXT_INTERCEPTION_MARKER_PREFIX = 'nxtI'
export const NEXT_NAV_DEPLOYMENT_ID_HEADER = 'x-nextjs-deployment-id'
