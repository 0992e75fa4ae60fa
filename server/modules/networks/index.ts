/** What workers and the command line may use of networks. The router is not here: only server/router.ts has it. */
export { type ClaimedTouchpoint, claimedTouchpoint, judgeAnswer } from './answer.ts'
export { ask } from './ask.ts'
export {
  type AskedNetwork,
  askedNetworks,
  endOldClaims,
  type HeldClaim,
  noteInstalls,
  type ReceivedInstall,
  takeClaims,
} from './claims.ts'
export { questionBody, signedHeaders } from './question.ts'
export { createNetworkInput } from './schema.ts'
export { createNetwork, deleteNetwork, listNetworks } from './service.ts'
export { endTurn, nextTry, type Outcome } from './turns.ts'
