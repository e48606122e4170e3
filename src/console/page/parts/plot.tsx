import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { formatNumber } from '../format/numbers.js';
import type { Tone } from '../format/states.js';
import { localTimes } from '../format/times.js';
import { stacked } from './plot-data.js';

export interface PlotSeries {
  readonly tone: Tone;
  readonly values: readonly number[];
}

export interface PlotProps {
  /** What the plot shows, and its last values, for those who cannot see it. */
  readonly label: string;
  /** Epoch seconds, ascending. A value holds until the next one. */
  readonly times: readonly number[];
  /** Stacked on each other, the first at the bottom. */
  readonly series: readonly PlotSeries[];
  /** Pixels. */
  readonly height: number;
  /** The top of the scale; the largest sum otherwise. */
  readonly maximum?: number | undefined;
}

/** Amounts over time as stacked areas. */
export function Plot(props: PlotProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { series, times, height, maximum } = props;
  const tones = series.map(({ tone }) => tone).join();
  useEffect(() => {
    const { current } = place;
    if (!current) return;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(props, current), dataOf(props), current);
    };
    draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: current.clientWidth, height }));
    observer.observe(current);
    scheme.addEventListener('change', draw);
    return () => {
      scheme.removeEventListener('change', draw);
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [tones, height, maximum]);
  useEffect(() => plot.current?.setData(dataOf(props)), [times, series]);
  return <div class="plot" ref={place} role="img" aria-label={props.label} />;
}

/** The tallest sum is drawn first, so that the lower ones lie on top of it. */
function dataOf({ times, series }: PlotProps): uPlot.AlignedData {
  return [[...times], ...stacked(series.map(({ values }) => values)).reverse()];
}

function optionsOf({ series, height, maximum }: PlotProps, place: HTMLElement): uPlot.Options {
  const style = getComputedStyle(place);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const axis: uPlot.Axis = {
    stroke: token('muted'),
    font: `11px ${style.fontFamily}`,
    grid: { stroke: token('line'), width: 1 },
    ticks: { stroke: token('line'), width: 1, size: 4 },
  };
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    width: place.clientWidth,
    height,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, maximum ?? 0, high)] } },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        values: (_plot, seconds) => timeLabels(seconds),
      },
      { ...axis, size: 44, space: 28, values: (_plot, amounts) => amounts.map((amount) => wholeOnly(amount)) },
    ],
    series: [
      {},
      ...[...series].reverse().map(({ tone }) => ({
        stroke: token(tone),
        fill: token(tone),
        width: 0,
        points: { show: false },
        ...(stepped && { paths: stepped }),
      })),
    ],
  };
}

const wholeOnly = (amount: number): string => (Number.isInteger(amount) ? formatNumber(amount) : '');

/** With seconds only where the labels of two ticks would read alike. */
function timeLabels(seconds: readonly number[]): string[] {
  const [first = 0, second = Infinity] = seconds;
  return seconds.map((tick) => localTimes.clock(tick * 1000, second - first < 60));
}
