import { z } from 'zod'
import { currency, text } from '#server/platform/text.ts'

const name = text('The name', 80)

export const createOrganizationInput = z.object({ name, reportingCurrency: currency.optional() })
export const updateOrganizationInput = z.object({ name: name.optional(), reportingCurrency: currency.optional() })
