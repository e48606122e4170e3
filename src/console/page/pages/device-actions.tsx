import type { VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Device, ServiceResult } from '../../api/types.js';
import { useCatalogue } from '../forms/catalogue.js';
import { conditionFor, type DeviceAction, deviceActions, deviceAfter } from '../forms/device-actions.js';
import { devicesHref, serviceHref, withQuery } from '../format/links.js';
import { cacheKey, useMayAct } from '../parts/console-context.js';
import { Panel } from '../parts/page-head.js';
import { ServiceForm } from './service-form.js';

export interface DeviceActionsProps {
  readonly thing: string;
  readonly device: Device;
  /** Called with the device as an action has left it. */
  readonly onDevice: (device: Device) => void;
}

/** What can be done to one device: the forms of the services for it, and the ways to a job or a roll-out. */
export function DeviceActions({ thing, device, onDevice }: DeviceActionsProps): VNode {
  const { hub, deviceId } = device;
  const { query } = useLocation();
  const mayAct = useMayAct();
  const services = useCatalogue(thing).value.value?.items ?? [];
  const actions = mayAct ? deviceActions(services, device) : [];
  const chosen = actions.find(({ name }) => name === query['action']);
  const queryCondition = conditionFor(deviceId);
  return (
    <Panel title="Actions" isSpaced end={chosen && <a href={devicesHref(hub, { device: deviceId })}>Close the form</a>}>
      <div class="buttons">
        {actions.map((action) => (
          <a
            key={action.name}
            class={action.isDanger ? 'button is-danger' : 'button'}
            href={devicesHref(hub, { device: deviceId, action: action.name })}
            aria-current={action === chosen ? 'true' : undefined}
          >
            {action.title} …
          </a>
        ))}
        <a class="button" href={serviceHref(thing, 'ScheduleDeviceMethodJob', { queryCondition })}>
          Schedule a job …
        </a>
        <a class="button" href={withQuery('/rollouts/new', { hub, condition: queryCondition })}>
          Start a roll-out …
        </a>
      </div>
      {chosen && <ActionForm key={cacheKey(chosen.name)} action={chosen} device={device} onDevice={onDevice} />}
    </Panel>
  );
}

interface ActionFormProps extends Pick<DeviceActionsProps, 'device' | 'onDevice'> {
  readonly action: DeviceAction;
}

function ActionForm({ action, device, onDevice }: ActionFormProps): VNode {
  const { route } = useLocation();
  const place = useRef<HTMLDivElement>(null);
  // Before anything can be typed: focus that moves later takes away what is being entered.
  useLayoutEffect(() => place.current?.querySelector<HTMLElement>('textarea, input, select')?.focus(), []);
  const { name, service, initial, hidden } = action;
  const { hub, deviceId, etag = '' } = device;
  const onResult = ({ result }: ServiceResult): void => {
    if (name === 'DeleteDevice') return route(devicesHref(hub));
    onDevice(deviceAfter(device, name, result));
    // The form would offer the opposite from now on.
    if (name === 'SetDeviceStatus') route(devicesHref(hub, { device: deviceId }));
  };
  return (
    <div ref={place}>
      <ServiceForm
        service={service}
        initial={initial}
        hidden={hidden}
        onResult={onResult}
        {...(name === 'UpdateDeviceTwin' && { followed: { etag } })}
      />
    </div>
  );
}
