export { useTRPC, useTRPCClient } from './client.ts'
export { TRPCReactProvider } from './provider.tsx'
