import NextAuth from 'next-auth'
import { authOptions } from './options.ts'

interface Context {
  params: Promise<{ nextauth: string[] }>
}

/** Sign-in and sign-out through next-auth, which checks its CSRF token first. */
async function handle(request: Request, context: Context): Promise<Response> {
  return NextAuth(request as never, context as never, authOptions(request)) as Promise<Response>
}

export { handle as GET, handle as POST }
