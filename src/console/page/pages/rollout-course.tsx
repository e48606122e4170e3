import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { RolloutCourse, RolloutDetails } from '../../api/types.js';
import { pathOf } from '../client/api-client.js';
import { rolloutSegments, segmentsText } from '../format/states.js';
import { cacheKey, useConsole, useResource } from '../parts/console-context.js';
import { Loading, ReadFailure } from '../parts/messages.js';
import { Plot, type PlotSeries } from '../parts/plot.js';

const POINTS = 500;
const COURSE_REFRESH_MS = 2000;
const HEIGHT = 200;

/** The devices of a roll-out by state over time. The agent makes the points. */
export function CoursePlot({ rollout }: { readonly rollout: RolloutDetails }): VNode {
  const { api } = useConsole();
  const { hub, rolloutId } = rollout;
  const course = useResource<RolloutCourse>({
    key: cacheKey('course', hub, rolloutId),
    minIntervalMs: COURSE_REFRESH_MS,
    load: (signal) => api.get(`rollouts/${pathOf(hub, rolloutId)}/course`, { points: POINTS }, signal),
    onChange: (change) =>
      change.name === 'rollout' && change.data.hub === hub && change.data.rolloutId === rolloutId ? 'again' : undefined,
  });
  const points = course.value.value?.points;
  const data = useMemo(() => (points ? seriesOf(points) : null), [points]);
  if (!data) return course.failure.value ? <ReadFailure failure={course.failure.value} /> : <Loading />;
  if (data.times.length < 2) return <p class="muted">The plot begins with the first change of a device.</p>;
  return (
    <Plot
      label={`Devices by state over time. Now: ${segmentsText(rolloutSegments(rollout))}`}
      times={data.times}
      series={data.series}
      height={HEIGHT}
      maximum={rollout.deviceCount}
    />
  );
}

/** Only the states that occur get a series; what is pending is the rest up to the top of the plot. */
export function seriesOf(points: RolloutCourse['points']): { times: number[]; series: PlotSeries[] } {
  const segments = points.map((point) => rolloutSegments(point));
  const tones = (segments[0] ?? []).map(({ tone }, index) => ({
    tone,
    values: segments.map((point) => point[index]?.count ?? 0),
  }));
  return {
    times: points.map(({ time }) => Date.parse(time) / 1000),
    series: tones.filter(({ tone, values }) => tone !== 'pending' && values.some((value) => value > 0)),
  };
}
