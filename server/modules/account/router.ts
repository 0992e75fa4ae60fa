import { membershipsOf, permissionsOf } from '#server/authz/index.ts'
import { procedure, router } from '#server/procedure/index.ts'
import { requestPasswordReset, resetPassword } from './reset.ts'
import { requestResetInput, resetInput, signUpInput } from './schema.ts'
import { startSignUp } from './sign-up.ts'

const DONE = { ok: true } as const

/** The person behind the browser: who they are, and how they come in. Signing in and out themselves go through /api/auth. */
export const accountRouter = router({
  /** Who is signed in, and their organizations with what they may do in each; `user` is null for a visitor. */
  me: procedure({ permission: 'public' }).query(async ({ ctx: { user } }) => {
    if (!user) return { user: null, organizations: [] }
    const organizations = await membershipsOf(user.userId)
    return {
      user: { userId: user.userId, email: user.email, name: user.name },
      organizations: organizations.map((org) => ({ ...org, permissions: permissionsOf(org.role) })),
    }
  }),
  /** Starts a sign-up; the answer is "check your mail" whether the address is known or not. */
  signUp: procedure({ permission: 'public' })
    .input(signUpInput)
    .mutation(async ({ ctx, input }) => {
      await startSignUp(input, ctx.ip)
      return DONE
    }),
  /** Mails a link for a new password; the same answer for every address. */
  requestPasswordReset: procedure({ permission: 'public' })
    .input(requestResetInput)
    .mutation(async ({ ctx, input }) => {
      await requestPasswordReset(input.email, ctx.ip)
      return DONE
    }),
  /** Sets a new password by the mailed token and signs the person out everywhere. */
  resetPassword: procedure({ permission: 'public' })
    .input(resetInput)
    .mutation(async ({ ctx, input }) => {
      await resetPassword(input, ctx.ip)
      return DONE
    }),
})
