import { AnalyticsBrowser } from '@segment/analytics-next'

// The page of the test: Segment's browser library as a site bundles it, told nothing but the write key and the collector.
const query = new URLSearchParams(location.search)
const [instance] = [
  AnalyticsBrowser.load(
    { writeKey: query.get('key') ?? '', cdnURL: query.get('collector') ?? '' },
    query.has('batching')
      ? {
          integrations: {
            'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 3, timeout: 300 } } },
          },
        }
      : {},
  ),
]
declare global {
  interface Window {
    analytics: AnalyticsBrowser
  }
}
window.analytics = instance
