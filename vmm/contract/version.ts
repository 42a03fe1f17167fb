declare const __MVM_VERSION__: string | undefined;

/** From package.json, put in when the program is bundled. */
export const VERSION: string = typeof __MVM_VERSION__ === 'string' ? __MVM_VERSION__ : 'from source';
