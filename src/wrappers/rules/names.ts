import { HUB_SERVICES } from '../../catalogue/hub-services.js';

/** The rules for names: those of ThingWorx (help, "Naming Entities" and "Naming Properties") and stricter ones. */

export const MAX_ENTITY_NAME_LENGTH = 255;
export const MAX_NAME_LENGTH = 100;

/** Why a string is not a valid name of an entity; undefined if it is. */
export function problemWithEntityName(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_.-]*$/.test(name))
    return 'must begin with a letter and contain only letters, digits, _ . -';
  if (/[.-]$/.test(name)) return 'must not end with a dot or a dash';
  if (name.length > MAX_ENTITY_NAME_LENGTH) return `must have at most ${MAX_ENTITY_NAME_LENGTH} characters`;
  return name.toLowerCase() === 'me' ? 'must not be "me"' : undefined;
}

/** Why a string is not a valid name of a service; undefined if it is. */
export function problemWithServiceName(name: string): string | undefined {
  return problemWithIdentifier(name) ?? (EXPORT_ELEMENTS.has(name) ? elementWord : undefined);
}

/** Why a string is not a valid name of a parameter, which becomes a variable of the script; undefined if it is. */
export function problemWithParameterName(name: string): string | undefined {
  return problemWithFieldName(name) ?? (SCRIPT_NAMES.has(name) ? 'is a name that ThingWorx scripts use' : undefined);
}

/** Why a string is not a valid name of a field of a data shape; undefined if it is. */
export function problemWithFieldName(name: string): string | undefined {
  const wrong = problemWithIdentifier(name);
  if (wrong !== undefined) return wrong;
  if (RESERVED_WORDS.has(name)) return 'is a reserved word of JavaScript';
  if (INHERITED.has(name)) return 'is a member of every JavaScript object';
  return EXPORT_ELEMENTS.has(name) ? elementWord : undefined;
}

function problemWithIdentifier(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) return 'must begin with a letter and contain only letters, digits and _';
  return name.length > MAX_NAME_LENGTH ? `must have at most ${MAX_NAME_LENGTH} characters` : undefined;
}

const elementWord = 'is the name of an element of export files, which blocks the import';

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** ECMA-262 5.1, 7.6.1, including future reserved words and literals. */
const RESERVED_WORDS = words(`
  break case catch class const continue debugger default delete do else enum export extends false finally for function
  if implements import in instanceof interface let new null package private protected public return static super switch
  this throw true try typeof var void while with yield
`);

/** Variables of the script engine, and names that generated scripts refer to. */
const SCRIPT_NAMES = words(`
  me result logger Things ThingShapes ThingTemplates DataShapes Resources Subsystems Users Groups Mashups Networks
  Projects Organizations ApplicationKeys Dashboards Menus MediaEntities Logs Roles Unit
  Array Boolean Date Error Function Infinity JSON Math NaN Number Object RegExp String XML XMLList
  arguments decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval isFinite isNaN parseFloat parseInt
  undefined unescape
`);

/** Members of every object: a row or scope without the value would appear to have it. */
const INHERITED = words(`
  constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf
`);

/** Words that block the import of an extension when a property or a field has them as its name. */
const EXPORT_ELEMENTS = words(`
  AlertConfigurations AlertDefinitions ConfigurationChange ConfigurationChanges ConfigurationTable
  ConfigurationTableDefinitions ConfigurationTables Create DataShape DataShapes Delete DesignTimePermissions Entities
  Entity Event EventDefinition EventDefinitions Events ExtensionPackage ExtensionPackages FieldDefinition
  FieldDefinitions FileResource ImplementedShape ImplementedShapes InstanceDesignTimePermissions
  InstanceRunTimePermissions InstanceVisibilityPermissions JarResources LocalizationTable LocalizationTables Member
  Members Metadata Owner ParameterDefinitions Permissions Principal Project Projects PropertyBinding PropertyBindings
  PropertyDefinition PropertyDefinitions Quality Read RemoteEventBinding RemoteEventBindings RemotePropertyBinding
  RemotePropertyBindings RemoteServiceBinding RemoteServiceBindings Resource ResultType Row Rows RunTimePermissions
  ServiceDefinition ServiceDefinitions ServiceImplementation ServiceImplementations ServiceInvoke ServiceMapping
  ServiceMappings SharedConfigurationTables Subscription Subscriptions Thing ThingPackage ThingPackages ThingProperties
  ThingShape ThingShapes ThingTemplate ThingTemplates Timestamp Update Value Visibility VisibilityPermissions
  avatar
`);

/** Services that every edge implements itself. */
const BUILT_IN: readonly string[] = ['GetMetadata', 'NotifyPropertyUpdate', 'SynchronizeModelState'];

/** Whether the agent itself offers a service of this name. */
export const isNameOfAgent = (name: string): boolean => HUB_SERVICES.has(name) || BUILT_IN.includes(name);

/** Why a string is not a valid name for the service of a wrapper; undefined if it is. */
export const problemWithNameOfService = (name: string): string | undefined =>
  problemWithServiceName(name) ?? (isNameOfAgent(name) ? 'is the name of a service of the agent' : undefined);
